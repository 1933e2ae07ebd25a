/** Everything there is in one history: stores that outlive processes, and the processes. */
import { sourceName, type DocumentId, type Mutation } from "@tidemark/domain";
import {
  chunkStage,
  PrimitiveIndex,
  publishHints,
  resolveStage,
  restrictStage,
  silentObserver,
  StageRunner,
  tokenSource,
  upsertStage,
  type Chance,
  type EventLog,
  type PipelineLogger,
  type Stage,
  type VectorIndex,
} from "@tidemark/pipeline";
import {
  IndexStore,
  LogStore,
  MemoryEventLog,
  MemoryPrimitives,
  MemoryVectorIndex,
  noFault,
  pick,
  seededChance,
  withFaults,
  type FaultPlan,
} from "@tidemark/testing";
import type { Features } from "./features.ts";
import { Process, Scheduler } from "./scheduler.ts";
import { paragraphExtractor, SimulatedGeneration } from "./simulated-generation.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { Violation } from "./violation.ts";

export type IndexKind = "primitives" | "transactions";

export interface Role {
  readonly stage: "resolver" | "restrictor" | "chunker" | "upserter";
  /** Null for the resolver, which works for all generations. */
  readonly generation: SimulatedGeneration | null;
}

export interface Running {
  readonly role: Role;
  readonly process: Process;
  readonly runner: { readonly waiting: number };
  readonly stop: AbortController;
}

export interface Ports {
  readonly log: EventLog;
  readonly index: VectorIndex;
}

const silentLogger: PipelineLogger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

const window = { waitMs: 300, documentsMax: 3 };
const paces = [1, 1, 1, 0.3, 0.06];
const skewMostMs = 3_600_000;
const silentFaultRate = 0.03;
const refusalRate = 0.02;

export class World {
  readonly chance: Chance;
  readonly features: Features;
  readonly kind: IndexKind;
  readonly scheduler: Scheduler;
  readonly index = new IndexStore();
  readonly log: LogStore;
  /** Read and listed. */
  readonly files: SimulatedSource;
  /** Pushed. */
  readonly push = sourceName("push");
  readonly generations: SimulatedGeneration[] = [];
  readonly running: Running[] = [];
  /** What was done to the world, one line each. */
  readonly trace: string[] = [];
  /** The epoch of the listed source. */
  epoch = 1;
  step = 0;
  /** Set when a process met something that is no outage: a bug. */
  bug: Error | null = null;
  /** Whether any process crashed or was told a lie, so that points may be left to the audit. */
  disturbed = false;
  #started = 0;
  #isCalm = false;

  constructor(seed: number, kind: IndexKind, features: Features) {
    this.chance = seededChance(seed);
    this.kind = kind;
    this.features = features;
    this.scheduler = new Scheduler(this.chance);
    this.log = new LogStore(2);
    this.files = new SimulatedSource(sourceName("files"), { byReference: features.byReference });
  }

  get active(): SimulatedGeneration {
    const active = this.generations.find(({ generation }) => generation.state === "active");
    if (!active) throw new Error("no generation is active");
    return active;
  }

  get roles(): Role[] {
    const stages = ["restrictor", "chunker", "upserter"] as const;
    return [
      { stage: "resolver", generation: null },
      ...this.generations.flatMap((generation) =>
        stages.map((stage): Role => ({ stage, generation })),
      ),
    ];
  }

  begin(generation: SimulatedGeneration): void {
    this.generations.push(generation);
    this.index.ensure(generation.id, generation.generation.recipe.space.dimension);
  }

  newProcess(name: string, { faults } = { faults: this.features.faults }): Process {
    this.#started += 1;
    const { skew } = this.features;
    return new Process(`${name}#${this.#started}`, this.scheduler, {
      skewMs: skew ? Math.round((this.chance() - 0.5) * 2 * skewMostMs) : 0,
      refusalRate: faults ? refusalRate : 0,
      pace: pick(this.chance, paces),
    });
  }

  /** The ports as one process has them: through its gate, with faults of its own. */
  portsOf(process: Process): Ports {
    const { clock, gate } = process;
    const plan: FaultPlan = () => (process.faults ? this.#silentFault() : noFault);
    const memoryLog = new MemoryEventLog({
      store: this.log,
      clock,
      gate,
      chance: this.chance,
      redelivery: this.features.redelivery ? 0.02 : 0,
    });
    const onlyAppend: FaultPlan = (method) => (method === "append" ? plan(method) : noFault);
    const index =
      this.kind === "primitives"
        ? new PrimitiveIndex(withFaults(new MemoryPrimitives(this.index, gate), plan, { clock }))
        : withFaults(new MemoryVectorIndex(this.index, gate), plan, { clock });
    return { log: withFaults(memoryLog, onlyAppend, { clock }), index };
  }

  start(role: Role): Running {
    const process = this.newProcess(`${role.stage} ${role.generation?.id ?? ""}`);
    const ports = this.portsOf(process);
    const stop = new AbortController();
    const running: Running = { role, process, stop, runner: this.#run(role, process, ports, stop) };
    this.running.push(running);
    return running;
  }

  crash({ process }: Running): void {
    this.note(`${process.name} crashes`);
    process.crash();
    this.disturbed = true;
    this.#ended(process);
  }

  /** Writes down what was done to the world. */
  note(what: string): void {
    this.trace.push(`${this.step} ${what}`);
  }

  /** Work that is no stage's; an outage ends it. */
  act(work: () => Promise<void>, done: () => void): void {
    void work()
      .catch((error: unknown) => this.#failed(error))
      .finally(done);
  }

  /** Queries go to another generation from here on. */
  switchTo(fresh: SimulatedGeneration): void {
    for (const each of this.generations) each.setState(each === fresh ? "active" : "retiring");
  }

  async restate(log: EventLog, ids: readonly DocumentId[], nowMs: number): Promise<void> {
    const pushed = ids.find((id) => id.startsWith("push/"));
    if (pushed) throw new Violation(`${pushed} was displaced, and no zombie writes to it`);
    await publishHints(
      log,
      ids.map((documentId) => ({
        source: this.files.name,
        documentId,
        epoch: this.epoch,
        expects: "unknown",
        reason: "reconcile",
        sourceTimeMs: null,
        observedAtMs: nowMs,
        trace: null,
      })),
    );
  }

  #run(role: Role, process: Process, ports: Ports, stop: AbortController) {
    const { stage, generation } = role;
    const of = <T>(made: Stage<T>): { readonly waiting: number } => {
      const runner = new StageRunner(made, {
        log: ports.log,
        index: generation ? ports.index : null,
        generation: generation?.id ?? null,
        clock: process.clock,
        chance: this.chance,
        logger: silentLogger,
        observer: silentObserver,
      });
      runner
        .run(stop.signal)
        .then(() => this.#ended(process))
        .catch((error: unknown) => this.#failed(error, process));
      return runner;
    };
    if (stage === "resolver") {
      const sources = new Map([[this.files.name, this.files.opened(process.gate)]]);
      const { log } = ports;
      return of(resolveStage({ log, sources, clock: process.clock, blocked: () => {} }));
    }
    if (!generation) throw new Error(`${stage} of no generation`);
    const shared = this.#shared(process, ports, generation);
    switch (stage) {
      case "restrictor":
        return of(restrictStage(shared));
      case "chunker":
        return of(chunkStage(shared));
      case "upserter":
        return of(
          upsertStage({
            ...shared,
            embedder: generation.embedder(process.gate),
            fingerprint: generation.generation.fingerprint,
            isActive: () => this.active === generation,
            restate: (part) => shared.restate([part.mutation]),
          }),
        );
    }
  }

  /** What the stages of a generation need, in one process. */
  #shared(process: Process, ports: Ports, generation: SimulatedGeneration) {
    const { clock, gate, name } = process;
    const counter = generation.embedder();
    return {
      ...ports,
      clock,
      generation: generation.id,
      token: tokenSource(name),
      observer: silentObserver,
      extractor: paragraphExtractor,
      settings: generation.settings,
      normalization: "nfc" as const,
      countTokens: (text: string) => counter.countTokens(text),
      contents: new Map([[this.files.name, this.files.opened(gate)]]),
      windowOf: () => window,
      accepted: () => false,
      passed: () => {},
      restate: (mutations: readonly Mutation[]) =>
        this.restate(
          ports.log,
          mutations.map(({ documentId }) => documentId),
          clock.nowMs(),
        ),
    };
  }

  #silentFault() {
    if (this.#isCalm || this.chance() >= silentFaultRate) return noFault;
    this.disturbed = true;
    return pick(this.chance, [{ kind: "failAfter" } as const, { kind: "duplicate" } as const]);
  }

  /** No more faults, so that everything can come to rest. */
  calm(): void {
    this.#isCalm = true;
    this.scheduler.calm();
  }

  #ended(process: Process): void {
    this.running.splice(
      0,
      this.running.length,
      ...this.running.filter((it) => it.process !== process),
    );
  }

  /** An outage ends a process, and it is started again; anything else is a bug. */
  #failed(error: unknown, process?: Process): void {
    const isOutage = error instanceof Error && error.name === "TransientError";
    if (!isOutage) this.bug ??= error instanceof Error ? error : new Error(JSON.stringify(error));
    if (process) {
      process.crash();
      this.disturbed = true;
      this.#ended(process);
    }
  }
}
