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
  type Mutation,
  type MutationDraft,
  type SourceName,
} from "@tidemark/domain";
import {
  chunksTopic,
  chunkStage,
  mutationsTopic,
  PrimitiveIndex,
  publishHints,
  pushDelete,
  pushDocuments,
  pushFacet,
  resolveStage,
  restrictStage,
  scanSource,
  searchIndex,
  silentObserver,
  StageRunner,
  tokenSource,
  upsertStage,
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
import { paragraphs } from "./paragraphs.ts";
import { SmallSource, type DocumentState } from "./small-source.ts";
import { gated, StepGate, type HoldOptions } from "./step-gate.ts";

export type StageName = "resolver" | "restrictor" | "chunker" | "upserter";

const allStages: readonly StageName[] = ["resolver", "restrictor", "chunker", "upserter"];
const windowless = { waitMs: 0, documentsMax: 1 };
const silent = () => {};
const tickMs = 50;
const ticksMax = 200;
const roundsMax = 6;

export interface RunningStage {
  /** Records taken and not yet done. */
  readonly waiting: () => number;
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

  index(gate?: Gate): VectorIndex {
    if (!this.#sqlite) return new PrimitiveIndex(new MemoryPrimitives(this.store, gate));
    const index = new SqliteVectorIndex({ database: this.#sqlite });
    return gate ? gated(index, gate) : index;
  }

  /** The source's state changes, and its event is heard. */
  async change(key: string, state: DocumentState | null): Promise<void> {
    this.files.set(key, state);
    await this.hint(key);
  }

  async hint(key: string, reason: "change" | "reconcile" = "change"): Promise<void> {
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
    await pushFacet(this.eventLog(), this.clock, this.#target(), key, facet);
  }

  async remove(key: string): Promise<void> {
    await pushDelete(this.eventLog(), this.clock, this.#target(), key);
  }

  /** A record of `mutations` as any producer, also a zombie, may append it. */
  async append(draft: MutationDraft): Promise<void> {
    await this.appendValue(draft.documentId, encodeMutation(draft), mutationKey(draft));
  }

  async appendValue(id: DocumentId, value: string, key: string = id): Promise<void> {
    await this.eventLog().append(mutationsTopic, [{ key, partitionKey: id, value }]);
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
    this.#processes += 1;
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
    const outcome = runner.run(stopping.signal).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    return {
      waiting: () => runner.waiting,
      stop: async () => {
        stopping.abort();
        const bug = await outcome;
        if (bug) throw bug.error;
      },
    };
  }

  /** A process that stands at a step of its stage; what it would do next has not happened. */
  async startUntil(
    stage: StageName,
    step: string,
    { generation, ...hold }: HoldOptions & { readonly generation?: GenerationId } = {},
  ): Promise<StepGate> {
    const gate = new StepGate();
    gate.holdAt(step, hold);
    this.start(stage, { gate, generation });
    await gate.reached();
    return gate;
  }

  /** Runs a stage until its group has acknowledged everything, or as long as told. */
  async run(
    stage: StageName,
    { forMs, generation }: { forMs?: number; generation?: GenerationId } = {},
  ): Promise<void> {
    const { topic, group } = this.stage(stage, { generation });
    const running = this.start(stage, { generation });
    if (forMs !== undefined) await this.clock.advance(forMs);
    for (let ticks = 0; forMs === undefined; ticks += 1) {
      await this.clock.advance(tickMs);
      if (running.waiting() === 0 && (await this.eventLog().lag(topic, group)) === 0) break;
      if (ticks > ticksMax) throw new Error(`the ${stage} does not come to an end`);
    }
    await running.stop();
  }

  /** Runs these stages in turn until nothing is left to do. */
  async settle(
    stages: readonly StageName[] = allStages,
    { generation }: { generation?: GenerationId } = {},
  ): Promise<void> {
    for (let round = 0; round < roundsMax; round += 1) {
      for (const stage of stages) await this.run(stage, { generation });
      const lags = stages.map((name) => this.stage(name, { generation })).map(({ topic, group }) =>
        this.eventLog().lag(topic, group),
      );
      if ((await Promise.all(lags)).every((lag) => lag === 0)) return;
    }
    throw new Error("the stages do not come to rest");
  }

  /** What an asker finds, best first. */
  async search(query: string, asking: Asking = {}): Promise<readonly SearchHit[]> {
    const generation = this.#generation(asking.generation);
    const { vectors } = await this.embedder(generation.id).embed({
      texts: [query],
      purpose: "query",
      lane: "query",
    });
    const tenant = asking.tenant ?? null;
    const { hits } = await searchIndex(this.index(), {
      generation,
      vector: vectors[0] as Float32Array,
      limit: asking.limit ?? 10,
      asker: { tenant, principals: asking.principals ?? [] },
      tenants: tenant === null ? [] : [tenant],
      sources: null,
      filter: {},
      per: asking.per ?? "document",
      preferCurrent: 0,
    });
    return hits;
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
    const { clock } = this;
    const log = this.eventLog(gate?.pass);
    const { id, fingerprint } = this.#generation(generation);
    const embedder = this.embedder(id);
    const files = this.files.opened(gate?.pass);
    const shared = {
      log,
      index: this.index(gate?.pass),
      generation: id,
      clock,
      token: tokenSource(`process ${this.#processes}`),
      observer: silentObserver,
      passed: silent,
      extractor: paragraphs,
      settings: { kind: "structure", tokensMax: 8, chunksMax: 1_000 } as const,
      normalization: "nfc" as const,
      countTokens: (text: string) => embedder.countTokens(text),
      contents: new Map([[this.filesName, files]]),
      windowOf: () => this.window,
      accepted: () => false,
      restate: (mutations: readonly Mutation[]) => this.#restate(mutations),
    };
    switch (name) {
      case "resolver": {
        const sources = new Map<SourceName, typeof files>([[this.filesName, files]]);
        return resolveStage({ log, sources, clock, blocked: silent }) as Stage<never>;
      }
      case "restrictor":
        return restrictStage(shared) as Stage<never>;
      case "chunker":
        return chunkStage(shared) as Stage<never>;
      case "upserter":
        return upsertStage({
          ...shared,
          embedder: {
            space: embedder.space,
            countTokens: (text) => embedder.countTokens(text),
            embed: async (request) => {
              await gate?.pass("embed");
              return embedder.embed(request);
            },
          },
          fingerprint,
          isActive: () => true,
          restate: (part) => this.#restate([part.mutation]),
        }) as Stage<never>;
    }
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

interface StageOptions {
  readonly gate?: StepGate | undefined;
  readonly generation?: GenerationId | undefined;
}

export interface Asking {
  readonly principals?: readonly string[];
  readonly tenant?: string;
  readonly limit?: number;
  readonly per?: "document" | "chunk";
  readonly generation?: GenerationId;
}
