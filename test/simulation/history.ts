/** One history: a seed decides what happens, in which order, and what goes wrong. */
import { hintsTopic, receiptsTopic, resolverGroup } from "@tidemark/pipeline";
import { seededChance, type LogStore } from "@tidemark/testing";
import { Changes } from "./changes.ts";
import { checkEmbeddingWork } from "./embedding-work.ts";
import { drawFeatures, type Features } from "./features.ts";
import { Mishaps } from "./mishaps.ts";
import { Operations } from "./operations.ts";
import { Promises } from "./promises.ts";
import { checkRebuilt, loseIndex } from "./rebuild.ts";
import { checkRest, isCaughtUp, lagOf } from "./rest.ts";
import { Searching } from "./searching.ts";
import { SimulatedGeneration } from "./simulated-generation.ts";
import { forbid, Violation } from "./violation.ts";
import { World, type IndexKind } from "./world.ts";

export interface HistoryOptions {
  readonly seed: number;
  readonly kind: IndexKind;
  /** Steps during which things happen; afterwards all comes to rest. */
  readonly steps: number;
  /** Told every step, for whoever looks into a failure. */
  readonly verbose?: (line: string) => void;
  /** Features that are switched off whatever the seed drew. */
  readonly without: readonly (keyof Features)[];
}

export interface HistoryOutcome {
  readonly violation: string | null;
  readonly features: Features;
  readonly steps: number;
  /** What was done to the world, one line each. */
  readonly trace: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

const restStepsMax = 20_000;
/** Of the histories, every so-manieth ends with one: it takes as long as the rest. */
const rebuildEvery = 3;

export async function runHistory(options: HistoryOptions): Promise<HistoryOutcome> {
  const drawn = drawFeatures(seededChance(options.seed ^ 0x5eed));
  const off = Object.fromEntries(options.without.map((name) => [name, false]));
  const history = new History(options, { ...drawn, ...off });
  const violation = await history.run();
  return { violation, ...history.report() };
}

class History {
  readonly #options: HistoryOptions;
  readonly #world: World;
  readonly #promises: Promises;
  readonly #searching: Searching;
  readonly #changes: Changes;
  readonly #mishaps: Mishaps;
  readonly #operations: Operations;
  readonly #counts = {
    leftovers: 0,
    embedded: 0,
    answered: 0,
    incomplete: 0,
    displaced: 0,
    rebuilt: 0,
  };

  constructor(options: HistoryOptions, features: Features) {
    const texts = new Map<string, string>();
    this.#options = options;
    this.#world = new World(options.seed, options.kind, features);
    this.#promises = new Promises(this.#world, texts);
    this.#searching = new Searching(this.#world, this.#promises);
    this.#changes = new Changes(this.#world, texts);
    this.#mishaps = new Mishaps(this.#world);
    this.#operations = new Operations(this.#world, this.#promises);
  }

  report() {
    const { features, step } = this.#world;
    return { features, steps: step, trace: this.#world.trace, counts: this.#counts };
  }

  /** The promise that was broken, or null. */
  async run(): Promise<string | null> {
    const { chance } = this.#world;
    try {
      this.#world.begin(new SimulatedGeneration(1, new Map()));
      for (const role of this.#world.roles) this.#world.start(role);
      for (let at = 0; at < this.#options.steps; at += 1) {
        if (chance() < 0.12) await this.#happen();
        else await this.#step();
      }
      await this.#rest();
      return null;
    } catch (error) {
      if (error instanceof Violation) return error.message;
      throw error;
    } finally {
      for (const { process } of this.#world.running) process.crash();
      this.#counts.answered = this.#searching.counts.answered;
      this.#counts.incomplete = this.#searching.counts.incomplete;
      this.#counts.displaced = displacedIn(this.#world.log);
      this.#counts.embedded = this.#world.generations.reduce((sum, each) => sum + each.embedded, 0);
    }
  }

  async #step(): Promise<void> {
    this.#world.step += 1;
    const step = await this.#world.scheduler.next();
    if (step) this.#options.verbose?.(`${this.#world.step} ${step}`);
    this.#check();
  }

  #check(): void {
    const { bug } = this.#world;
    if (bug instanceof Violation) throw bug;
    if (bug) throw new Violation(`a bug: ${bug.stack}`);
    this.#promises.afterStep();
  }

  async #happen(): Promise<void> {
    const { chance, features } = this.#world;
    this.#world.step += 1;
    const happenings: [number, boolean, () => void | Promise<void>][] = [
      [8, true, () => this.#changes.changeFile()],
      [5, true, () => this.#changes.pushSomething()],
      [4, this.#changes.late > 0, () => this.#changes.hearLate()],
      [5, this.#searching.running < 2, () => this.#searching.begin()],
      [4, true, () => this.#mishaps.startMissing()],
      [1, true, () => void this.#operations.scan({ snapshot: false })],
      [2, features.crashes, () => this.#mishaps.crash()],
      [1, features.crashes, () => this.#mishaps.stop()],
      [4, features.zombies, () => this.#mishaps.pauseOrResume()],
      [1, features.compaction, () => this.#operations.compact()],
      [0.7, features.generations, () => this.#operations.buildOrSwitch()],
      [0.4, features.epochs, () => this.#operations.newEpoch()],
      [0.7, features.replays, () => this.#operations.replay()],
      [0.4, features.restores, () => this.#operations.backUpOrRestore(this.#searching.running)],
    ];
    const open = happenings.filter(([, isOpen]) => isOpen);
    let roll = chance() * open.reduce((sum, [weight]) => sum + weight, 0);
    const [, , happen] = open.find(([weight]) => (roll -= weight) < 0) ?? open[0] ?? [];
    await happen?.();
    this.#check();
  }

  /** No more changes and no more faults: everything is handled, then compared. */
  async #rest(): Promise<void> {
    this.#world.note("rest");
    this.#world.calm();
    while (this.#changes.late > 0) this.#changes.hearLate();
    await this.#quiet();
    const scanned = this.#operations.scan({ snapshot: false });
    await this.#quiet();
    forbid(!(await scanned), "the last scan was not whole");
    const { leftovers } = checkRest(this.#world, this.#promises);
    this.#counts.leftovers = leftovers;
    checkEmbeddingWork(this.#world, this.#promises);
    this.#searching.begin();
    await this.#quiet();
    if (this.#options.seed % rebuildEvery === 0) await this.#rebuild();
  }

  /** The promises watch one index through its life; of this one what it comes to is compared. */
  async #rebuild(): Promise<void> {
    const { running, scheduler } = this.#world;
    this.#world.note("the index is lost, and made again from the compacted log");
    for (const one of running.slice()) this.#world.crash(one);
    const live = loseIndex(this.#world);
    for (let steps = 0; steps < restStepsMax; steps += 1) {
      this.#mishaps.startMissing();
      this.#world.step += 1;
      const step = await scheduler.next();
      if (step) this.#options.verbose?.(`${this.#world.step} ${step}`);
      const { bug } = this.#world;
      if (bug) throw new Violation(`a bug in the rebuild: ${bug.stack}`);
      if (this.#unrest() !== null) continue;
      checkRebuilt(live, this.#world.index);
      this.#counts.rebuilt += 1;
      return;
    }
    throw new Violation(`the rebuild does not come to rest: ${this.#unrest()}`);
  }

  async #quiet(): Promise<void> {
    for (let steps = 0; steps < restStepsMax; steps += 1) {
      for (const one of this.#world.running.slice()) {
        if (one.process.isPaused) this.#mishaps.goOn(one);
      }
      this.#mishaps.startMissing();
      await this.#step();
      if (this.#unrest() === null) return;
    }
    throw new Violation(`it does not come to rest: ${this.#unrest()}`);
  }

  /** What is not handled yet; null when all is. */
  #unrest(): string | null {
    const { generations, log, running, scheduler, roles } = this.#world;
    const busy = running.find(({ runner }) => runner.waiting > 0);
    if (this.#operations.acting > 0) return "a scan or replay goes on";
    if (this.#searching.running > 0) return "a search goes on";
    if (running.length < roles.length) return "a process is missing";
    if (scheduler.isBusy) return "a process stands at a gate";
    if (busy) return `${busy.process.name} has ${busy.runner.waiting} records in hand`;
    if (lagOf(log, hintsTopic, resolverGroup) > 0) return "hints are not resolved";
    return isCaughtUp(log, generations) ? null : "a generation is behind";
  }
}

/** How often a record was found to be older than what is known, and different. */
function displacedIn(log: LogStore): number {
  return log
    .ranges(receiptsTopic)
    .flatMap(({ partition, end }) => log.from(receiptsTopic, partition, 0, end))
    .filter(({ value }) => value?.includes('"outcome":"displaced"')).length;
}
