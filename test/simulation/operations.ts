/** What operators and time do: scans, compaction, generations, epochs, replays, restores. */
import type { Manifest } from "@tidemark/domain";
import {
  DocumentChunker,
  hasPassed,
  hintsTopic,
  mutationsTopic,
  Pace,
  replayOf,
  replayStage,
  resolverGroup,
  restrictorGroup,
  runStage,
  scanSource,
  silentObserver,
  tokenSource,
} from "@tidemark/pipeline";
import { between, type IndexStore } from "@tidemark/testing";
import { seenTextOf } from "./document-state.ts";
import { isLower, type Promises } from "./promises.ts";
import { isCaughtUp } from "./rest.ts";
import { paragraphExtractor, SimulatedGeneration } from "./simulated-generation.ts";
import { forbid } from "./violation.ts";
import type { World } from "./world.ts";

const lookEveryMs = 200;
const quiet = {
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  observer: silentObserver,
};

export class Operations {
  readonly #world: World;
  readonly #promises: Promises;
  /** Up to where each partition of the mutations was compacted. */
  readonly #compactedBelow = new Map<number, number>();
  #backup: IndexStore | null = null;
  #acting = 0;

  constructor(world: World, promises: Promises) {
    this.#world = world;
    this.#promises = promises;
  }

  /** Scans and replays under way. */
  get acting(): number {
    return this.#acting;
  }

  /** Only what every restrictor has passed: it is less than the compaction bound behind. */
  compact(): void {
    const { log, generations } = this.#world;
    for (const { partition } of log.ranges(mutationsTopic)) {
      const passed = generations.map(
        ({ id }) => log.offsets(mutationsTopic, restrictorGroup(id)).get(partition) ?? 0,
      );
      const before = this.#compactedBelow.get(partition) ?? 0;
      this.#compactedBelow.set(partition, Math.max(before, Math.min(...passed)));
    }
    log.compact(mutationsTopic, this.#compactedBelow);
    this.#world.note("mutations are compacted");
  }

  buildOrSwitch(): void {
    const { generations, running } = this.#world;
    if (generations.length === 1) {
      const built = new SimulatedGeneration(2, new Map(this.#compactedBelow));
      this.#world.begin(built);
      for (const role of this.#world.roles) {
        if (role.generation === built) this.#world.start(role);
      }
      this.#world.note("a generation is built beside");
      return;
    }
    const [old, fresh] = generations;
    if (!old || !fresh || this.#world.active === fresh) return;
    const busy = running.some(
      ({ role, runner }) => role.generation === fresh && runner.waiting > 0,
    );
    if (busy || !isCaughtUp(this.#world.log, [fresh])) return;
    this.#world.switchTo(fresh);
    this.#world.note("the new generation answers");
    this.#checkSwitch(old, fresh);
  }

  /** What the old generation knew, the new one knows: nothing comes back by the switch. */
  #checkSwitch(old: SimulatedGeneration, fresh: SimulatedGeneration): void {
    const after = this.#world.index.of(fresh.id).manifests;
    for (const [id, manifest] of this.#world.index.of(old.id).manifests) {
      const { revision, deleted } = manifest.seen;
      const now = after.get(id);
      const isKnown = now && (!isLower(now.seen.revision, revision) || isSame(now, manifest));
      const isNothing = revision.epoch === 0 || (deleted && !now);
      forbid(!isKnown && !isNothing, `${id}: the switch goes back behind what was seen`);
    }
  }

  scan({ snapshot }: { readonly snapshot: boolean }): Promise<boolean> {
    const process = this.#world.newProcess("scan");
    const { log, index } = this.#world.portsOf(process);
    const { files, epoch, active } = this.#world;
    this.#world.note(`${process.name} begins${snapshot ? ", for a snapshot" : ""}`);
    return this.#act(async () => {
      const report = await scanSource({
        source: files.name,
        from: files.opened(process.gate),
        log,
        index,
        generation: active.id,
        clock: process.clock,
        epoch,
        snapshot,
        limits: { above: 10, share: 0.1 },
        confirmed: null,
      });
      return report.heldReason === null;
    });
  }

  /** Work of its own that goes on while all else does; false when an outage ended it. */
  #act(work: () => Promise<boolean>): Promise<boolean> {
    this.#acting += 1;
    return new Promise((resolve) => {
      let isWhole = false;
      this.#world.act(
        async () => {
          isWhole = await work();
        },
        () => {
          this.#acting -= 1;
          resolve(isWhole);
        },
      );
    });
  }

  /** Partitions are added to the hints, or the topic is made anew: positions start again. */
  newEpoch(): void {
    const { chance, log } = this.#world;
    if (chance() < 0.5) {
      const { partitions } = log.identity(hintsTopic);
      log.addPartitions(hintsTopic, partitions + between(chance, 1, 2));
    } else {
      log.recreate(hintsTopic);
      log.offsets(hintsTopic, resolverGroup).clear();
      const resolvers = this.#world.running.filter(({ role }) => role.stage === "resolver");
      for (const resolver of resolvers) this.#world.crash(resolver);
      this.#promises.forgetHints();
    }
    this.#world.epoch += 1;
    this.#world.note(`epoch ${this.#world.epoch}`);
    void this.#snapshot();
  }

  async #snapshot(): Promise<void> {
    while (!(await this.scan({ snapshot: true })));
  }

  replay(): void {
    const process = this.#world.newProcess("replay");
    const { log, index } = this.#world.portsOf(process);
    const { active, files, chance } = this.#world;
    const force = chance() < 0.5;
    this.#world.note(`${process.name}${force ? ", to repair" : ""}`);
    const counter = active.embedder();
    const dependencies = {
      log,
      index,
      generation: active.id,
      clock: process.clock,
      token: tokenSource(process.name),
      observer: silentObserver,
      extractor: paragraphExtractor,
      settings: active.settings,
      normalization: "nfc" as const,
      countTokens: (text: string) => counter.countTokens(text),
      contents: new Map([[files.name, files.opened(process.gate)]]),
      accepted: () => false,
      windowOf: () => null,
      pace: new Pace(process.clock),
      replayed: () => {},
    };
    void this.#act(async () => {
      const scope = { source: null, document: null, sinceMs: null, force };
      const world = { newId: () => process.name, clock: process.clock };
      const job = await replayOf(log, active.id, scope, world);
      const stage = replayStage(job, dependencies, new DocumentChunker(dependencies));
      const stop = new AbortController();
      const options = { log, index: null, generation: active.id, ...quiet, chance };
      const running = runStage(stage, { ...options, clock: process.clock }, stop.signal);
      try {
        const ends = new Map(Object.entries(job.ends).map(([at, end]) => [Number(at), end]));
        while (!(await hasPassed(log, stage, ends))) await process.clock.sleep(lookEveryMs);
      } finally {
        stop.abort();
        await running;
      }
      return true;
    });
  }

  /** A restore is done with everything stopped. */
  backUpOrRestore(searches: number): void {
    const { index, running, generations } = this.#world;
    if (!this.#backup || this.#world.chance() < 0.3) {
      this.#backup = index.snapshot();
      this.#world.note("the index is backed up");
      return;
    }
    for (const one of running.slice()) this.#world.crash(one);
    if (this.#acting > 0 || searches > 0) return;
    index.restore(this.#backup);
    for (const { id, generation } of generations)
      index.ensure(id, generation.recipe.space.dimension);
    this.#promises.forgetIndex();
    this.#world.note("the index is restored");
  }
}

/** The log's last record may state the same under an older revision. */
function isSame(a: Manifest, b: Manifest): boolean {
  return seenTextOf(a) === seenTextOf(b);
}
