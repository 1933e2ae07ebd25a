/**
 * A log, an index and a source that outlive processes, and the real stages run over them one after
 * another. Nothing happens by itself: a test says who does what, and where somebody stops.
 */
import {
  decodeMutation,
  digestOf,
  encodeMutation,
  fingerprintOf,
  mutationKey,
  sourceName,
  type DocumentId,
  type Generation,
  type GenerationId,
  type Hint,
  type Mutation,
  type MutationDraft,
} from "@tidemark/domain";
import {
  chunksTopic,
  documentOf,
  encodeChunkPart,
  mutationsTopic,
  PrimitiveIndex,
  publishHints,
  pushDelete,
  pushDocuments,
  pushFacet,
  scanSource,
  silentObserver,
  StageRunner,
  type AuditedIndex,
  type DocumentSource,
  type EmbedReply,
  type EmbedRequest,
  type EventLog,
  type SearchHit,
  type Stage,
  type VectorIndex,
} from "@tidemark/pipeline";
import { SqliteDatabase, SqliteVectorIndex } from "@tidemark/sqlite";
import {
  anId,
  aRecipe,
  IndexStore,
  LogStore,
  MemoryEmbedder,
  MemoryEventLog,
  MemoryPrimitives,
  VirtualClock,
  type Gate,
  type MemoryEmbedderOptions,
} from "@tidemark/testing";
import { ask, type Asking } from "./ask.ts";
import { someParts, type ChunkedDocument } from "./chunked-document.ts";
import { makeStage, type StageName } from "./small-stages.ts";
import { SmallSource, type DocumentState } from "./small-source.ts";
import { gated, StepGate, type HoldOptions } from "./step-gate.ts";

const allStages: readonly StageName[] = ["resolver", "restrictor", "chunker", "upserter"];
const windowless = { waitMs: 0, documentsMax: 1 };
const silent = () => {};
const tickMs = 50;
const ticksMax = 200;
const roundsMax = 6;

export interface RunningStage {
  /** Records taken and not yet done; throws what has broken the stage. */
  readonly waiting: () => number;
  /** Rejects with what has broken the stage. */
  readonly stop: () => Promise<void>;
}

export class SmallWorld {
  readonly clock = new VirtualClock();
  readonly log = new LogStore(1);
  readonly store = new IndexStore();
  readonly files = new SmallSource();
  readonly filesName = sourceName("files");
  readonly pushName = sourceName("push");
  readonly generations: Generation[] = [];
  readonly embedders = new Map<GenerationId, MemoryEmbedder>();
  /** How the chunker waits for further changes of a document. */
  window = windowless;
  epoch = 1;
  /** What the resolver reads instead of `files`. */
  readFrom: DocumentSource | null = null;
  /** Makes the vectors of documents instead of the generation's embedder. */
  embedWith: ((request: EmbedRequest) => Promise<EmbedReply>) | null = null;
  readonly #sqlite: SqliteDatabase | null;
  #processes = 0;

  private constructor(sqlite: SqliteDatabase | null) {
    this.#sqlite = sqlite;
  }

  /** An index of single conditional writes. */
  static async overPrimitives(embedder: MemoryEmbedderOptions = {}): Promise<SmallWorld> {
    const world = new SmallWorld(null);
    await world.addGeneration("g1", embedder);
    return world;
  }

  /** The index in SQLite, inline and in memory. */
  static async overSqlite(embedder: MemoryEmbedderOptions = {}): Promise<SmallWorld> {
    const world = new SmallWorld(await SqliteDatabase.open({ directory: null }));
    await world.addGeneration("g1", embedder);
    return world;
  }

  async addGeneration(name: string, options: MemoryEmbedderOptions = {}): Promise<GenerationId> {
    const embedder = new MemoryEmbedder(options);
    const recipe = { ...aRecipe, space: embedder.space };
    const id = name as GenerationId;
    this.generations.push({
      id,
      state: this.generations.length === 0 ? "active" : "building",
      fingerprint: fingerprintOf(recipe),
      recipe,
      createdAtMs: 0,
      activatedAtMs: null,
      retiringSinceMs: null,
    });
    this.embedders.set(id, embedder);
    await this.index().ensureGeneration(id, embedder.space.dimension);
    return id;
  }

  get generation(): Generation {
    return this.#generation(undefined);
  }

  embedder(generation = this.generation.id): MemoryEmbedder {
    const embedder = this.embedders.get(generation);
    if (!embedder) throw new Error(`${generation} has no embedder`);
    return embedder;
  }

  eventLog(gate?: Gate): EventLog {
    const { clock, log: store } = this;
    return new MemoryEventLog(gate ? { store, clock, gate } : { store, clock });
  }

  index(gate?: Gate): VectorIndex & AuditedIndex {
    if (!this.#sqlite) return new PrimitiveIndex(new MemoryPrimitives(this.store, gate));
    const index = new SqliteVectorIndex({ database: this.#sqlite });
    return gate ? gated(index, gate) : index;
  }

  /** The source's state changes, and its event is heard. */
  async change(key: string, state: DocumentState | null): Promise<void> {
    this.files.set(key, state);
    await this.hint(key);
  }

  async hint(key: string, reason: Hint["reason"] = "change"): Promise<void> {
    await publishHints(this.eventLog(), [
      {
        source: this.filesName,
        documentId: anId(key),
        epoch: this.epoch,
        expects: "unknown",
        reason,
        sourceTimeMs: null,
        observedAtMs: this.clock.nowMs(),
        trace: null,
      },
    ]);
  }

  scan({ epoch = this.epoch, snapshot = false } = {}) {
    return scanSource({
      source: this.filesName,
      from: this.files.opened(),
      log: this.eventLog(),
      index: this.index(),
      generation: this.generation.id,
      clock: this.clock,
      epoch,
      snapshot,
      limits: { above: 10, share: 0.1 },
      confirmed: null,
    });
  }

  /** Each document of the source `push` is written whole; its id is `push/<key>`. */
  async push(key: string, state: DocumentState): Promise<void> {
    const { text, permissions, tenant, metadata, archived } = state;
    await pushDocuments(this.eventLog(), this.clock, this.#target(), [
      {
        key,
        content: { text },
        contentType: "text/plain",
        archived: archived ?? false,
        metadata: metadata ?? {},
        sourceTimeMs: null,
        permissions: permissions ?? { kind: "public" },
        tenant: tenant ?? "*",
      },
    ]);
  }

  async patch(key: string, facet: Parameters<typeof pushFacet>[4]): Promise<void> {
    await pushFacet(this.eventLog(), this.clock, this.#target(), { key }, facet);
  }

  async remove(key: string): Promise<void> {
    await pushDelete(this.eventLog(), this.clock, this.#target(), { key });
  }

  /** A record of `mutations` as any producer, also a zombie, may append it. */
  async append(draft: MutationDraft): Promise<void> {
    await this.appendValue(draft.documentId, encodeMutation(draft), mutationKey(draft));
  }

  async appendValue(id: DocumentId, value: string, key: string = id): Promise<void> {
    await this.eventLog().append(mutationsTopic, [{ key, partitionKey: id, value }]);
  }

  /** A chunker's parts for a revision of a file; in parts of as many chunks as told. */
  async appendParts(key: string, document: ChunkedDocument): Promise<void> {
    const parts = someParts(key, document, this.generation.id);
    await this.eventLog().append(
      chunksTopic(this.generation.id),
      parts.map((part) => ({ key: documentOf(part), value: encodeChunkPart(part) })),
    );
  }

  /** The mutations that the log holds now, in the order of their offsets. */
  mutations(): Mutation[] {
    return this.log.from(mutationsTopic, 0, 0, 1_000).flatMap(({ value, offset }) => {
      const mutation = decodeMutation(value ?? "", offset);
      return "kind" in mutation ? mutation : [];
    });
  }

  /** How many parts were ever handed to the upserter. */
  get partsChunked(): number {
    return this.log.ranges(chunksTopic(this.generation.id))[0]?.end ?? 0;
  }

  /** A process with this one stage, from where its group stands. */
  start(stage: StageName, { gate, generation }: StageOptions = {}): RunningStage {
    const made = this.stage(stage, { gate, generation });
    const runner = new StageRunner(made, {
      log: this.eventLog(gate?.pass),
      index: stage === "resolver" ? null : this.index(gate?.pass),
      generation: this.#generation(generation).id,
      clock: this.clock,
      chance: () => 0.5,
      logger: { debug: silent, info: silent, warn: silent, error: silent },
      observer: silentObserver,
    });
    const stopping = new AbortController();
    let bug: { readonly error: unknown } | null = null;
    const ended = runner.run(stopping.signal).then(silent, (error: unknown) => {
      bug = { error };
    });
    const failIfBroken = () => {
      if (bug) throw bug.error;
    };
    return {
      waiting: () => {
        failIfBroken();
        return runner.waiting;
      },
      stop: async () => {
        stopping.abort();
        await ended;
        failIfBroken();
      },
    };
  }

  /** A process that stands at a step of its stage; what it would do next has not happened. */
  async startUntil(
    stage: StageName,
    step: string,
    { generation, ...hold }: HoldOptions & OfGeneration = {},
  ): Promise<StepGate> {
    const gate = new StepGate();
    gate.holdAt(step, hold);
    this.start(stage, { gate, generation });
    await gate.reached();
    return gate;
  }

  /** Runs a stage until its group has acknowledged everything. */
  async run(stage: StageName, { generation }: OfGeneration = {}): Promise<void> {
    const { topic, group } = this.stage(stage, { generation });
    const running = this.start(stage, { generation });
    let isBusy = true;
    for (let ticks = 0; isBusy; ticks += 1) {
      if (ticks > ticksMax) throw new Error(`the ${stage} does not come to an end`);
      await this.clock.advance(tickMs);
      isBusy = running.waiting() > 0 || (await this.eventLog().lag(topic, group)) > 0;
    }
    await running.stop();
  }

  /** Runs these stages in turn until nothing is left to do. */
  async settle(
    stages: readonly StageName[] = allStages,
    { generation }: OfGeneration = {},
  ): Promise<void> {
    for (let round = 0; round < roundsMax; round += 1) {
      for (const stage of stages) await this.run(stage, { generation });
      const lags = stages
        .map((name) => this.stage(name, { generation }))
        .map(({ topic, group }) => this.eventLog().lag(topic, group));
      if ((await Promise.all(lags)).every((lag) => lag === 0)) return;
    }
    throw new Error("the stages do not come to rest");
  }

  /** What an asker finds, best first. */
  search(query: string, asking: Asking = {}): Promise<readonly SearchHit[]> {
    const generation = this.#generation(asking.generation);
    return ask(query, asking, {
      index: this.index(),
      generation,
      embedder: this.embedder(generation.id),
    });
  }

  /** The texts of the hits. */
  async texts(query: string, asking: Asking = {}): Promise<string[]> {
    return (await this.search(query, asking)).map(({ text }) => text);
  }

  async manifest(id: DocumentId, generation = this.generation.id) {
    const [manifest] = await this.index().manifests(generation, [id]);
    if (!manifest) throw new Error(`${id} has no manifest`);
    return manifest;
  }

  /** Texts of stored points that the document's manifest does not list. */
  async orphans(id: DocumentId): Promise<string[]> {
    const generation = this.generation.id;
    const listed = new Set((await this.manifest(id)).indexed?.live);
    const points = await this.index().pointsOf(generation, id);
    return points.filter((point) => !listed.has(digestOf(point.id))).map(({ text }) => text);
  }

  stage(name: StageName, { gate, generation }: StageOptions = {}): Stage<never> {
    const { id, fingerprint } = this.#generation(generation);
    const embedder = this.embedder(id);
    this.#processes += 1;
    return makeStage(name, {
      log: this.eventLog(gate?.pass),
      index: this.index(gate?.pass),
      clock: this.clock,
      process: `process ${this.#processes}`,
      generation: id,
      fingerprint,
      embedder: {
        space: embedder.space,
        countTokens: (text) => embedder.countTokens(text),
        embed: async (request) => {
          await gate?.pass("embed");
          return this.embedWith ? this.embedWith(request) : embedder.embed(request);
        },
      },
      source: this.filesName,
      from: this.readFrom ?? this.files.opened(gate?.pass),
      contents: this.files.opened(gate?.pass),
      window: this.window,
      restate: (mutations) => this.#restate(mutations),
    });
  }

  /** As the one process does it: a source that can be read is asked, a pushed document stays. */
  async #restate(mutations: readonly Mutation[]): Promise<void> {
    for (const { source, documentId } of mutations) {
      const key = documentId.slice(source.length + 1);
      if (source === this.filesName) await this.hint(key, "reconcile");
    }
  }

  #target() {
    const permissions = { kind: "public" } as const;
    return { source: this.pushName, epoch: this.epoch, permissions, tenant: "*" };
  }

  #generation(id: GenerationId | undefined): Generation {
    const found = this.generations.find((each) => id === undefined || each.id === id);
    if (!found) throw new Error(`generation ${id} is not there`);
    return found;
  }
}

interface OfGeneration {
  /** The first one when absent. */
  readonly generation?: GenerationId | undefined;
}

interface StageOptions extends OfGeneration {
  readonly gate?: StepGate | undefined;
}
