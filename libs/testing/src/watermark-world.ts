/** For watermarks: every stage of a process over a log and an index that outlive it. */
import {
  encodeMutation,
  fingerprintOf,
  type DocumentId,
  type Generation,
  type SourceName,
} from "@tidemark/domain";
import {
  beatForListed,
  Catalogue,
  GenerationLines,
  mutationsTopic,
  publishMarker,
  replayOf,
  Replays,
  resolveStage,
  runStage,
  scanSource,
  silentObserver,
  StageBoard,
  tokenSource,
  TransientError,
  type DocumentSource,
} from "@tidemark/pipeline";
import { aDraft, aGeneration, anId, aRecipe } from "./builders.ts";
import { IndexStore } from "./index-store.ts";
import { LogStore } from "./log-store.ts";
import { MemoryEmbedder } from "./memory-embedder.ts";
import { MemoryEventLog } from "./memory-event-log.ts";
import { MemoryVectorIndex } from "./memory-vector-index.ts";
import { plainLine } from "./plain-line.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const pushedSource = "push" as SourceName;
export const listedSource = "files" as SourceName;
const secondMs = 1_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const embedMs = 200;

const theGeneration: Generation = {
  id: aGeneration,
  state: "active",
  fingerprint: fingerprintOf(aRecipe),
  recipe: { ...aRecipe, normalizer: { ...aRecipe.normalizer, form: "nfc" } },
  createdAtMs: 0,
  activatedAtMs: 0,
  retiringSinceMs: null,
};

/** Log and index outlive processes; each process has every stage. */
export class WatermarkWorld {
  readonly clock = new VirtualClock();
  readonly logStore = new LogStore(2);
  readonly log = new MemoryEventLog({ store: this.logStore, clock: this.clock });
  readonly indexStore = new IndexStore();
  readonly keys: string[] = ["a.md", "b.md"];
  isEmbedding = true;
  #processes = 0;

  static async of(): Promise<WatermarkWorld> {
    const world = new WatermarkWorld();
    const catalogue = await Catalogue.load(world.log, world.clock);
    await catalogue.putGenerations([theGeneration]);
    return world;
  }

  /** A gateway's heartbeats, as its own clock has the time, until told to stop. */
  beat(producer = "gateway", aheadMs = 0): () => void {
    const stop = new AbortController();
    void (async () => {
      while (!stop.signal.aborted) {
        const completeToMs = this.clock.nowMs() + aheadMs;
        const marker = { source: pushedSource, producer, completeToMs };
        await publishMarker(this.log, mutationsTopic, marker);
        await this.clock.sleep(secondMs, stop.signal);
      }
    })();
    return () => stop.abort();
  }

  /** Events of the listed source are heard as soon as they are made. */
  beatListed(): () => void {
    const stop = new AbortController();
    const { clock, log } = this;
    const heardTo = async () => clock.nowMs();
    void beatForListed({ source: listedSource, log, clock, logger, heardTo }, stop.signal);
    return () => stop.abort();
  }

  async push(key: string, sourceTimeMs: number | null = null): Promise<void> {
    const documentId = `${pushedSource}/${key}` as DocumentId;
    const draft = { ...aDraft({ documentId, text: `the text of ${key}` }), source: pushedSource };
    const value = encodeMutation({ ...draft, observedAtMs: this.clock.nowMs(), sourceTimeMs });
    await this.log.append(mutationsTopic, [{ key: documentId, value }]);
  }

  scan() {
    return scanSource({
      source: listedSource,
      from: this.#source,
      log: this.log,
      index: new MemoryVectorIndex(this.indexStore),
      generation: aGeneration,
      clock: this.clock,
      epoch: 1,
      snapshot: false,
      limits: { above: 10, share: 0.1 },
      confirmed: null,
    });
  }

  async start() {
    this.#processes += 1;
    const instance = `process-${this.#processes}`;
    const { clock } = this;
    const log = new MemoryEventLog({ store: this.logStore, clock });
    const index = new MemoryVectorIndex(this.indexStore);
    const catalogue = await Catalogue.load(log, clock);
    const board = new StageBoard(clock);
    const failed = (error: unknown) => {
      throw error;
    };
    const stop = new AbortController();
    const embedder = new MemoryEmbedder({
      slow: { clock, ms: embedMs },
      gate: async () => {
        while (!this.isEmbedding && !stop.signal.aborted) await clock.sleep(secondMs);
        if (stop.signal.aborted) throw new TransientError("the process stops");
      },
    });
    const lines = new GenerationLines({
      catalogue,
      line: plainLine({
        stages: new Set(["restrictor", "chunker", "upserter"] as const),
        board,
        log,
        index,
        clock,
        token: tokenSource(instance),
      }),
      openEmbedder: async () => embedder,
      failed,
    });
    const resolver = resolveStage({
      log,
      sources: new Map([[listedSource, this.#source]]),
      clock,
      blocked: () => {},
    });
    const runner = {
      log,
      index: null,
      generation: null,
      clock,
      chance: () => 0,
      logger,
      observer: silentObserver,
    };
    const replays = new Replays({ catalogue, lines, board, log, clock, logger, instance, failed });
    const { signal } = stop;
    const running = Promise.all([
      lines.run(signal),
      replays.run(signal),
      runStage(resolver, runner, signal),
    ]);
    await clock.advance(secondMs);
    return {
      behindMs: (source: SourceName) => {
        const atMs = lines.line(aGeneration)?.completeUpToMs(source) ?? null;
        return atMs === null ? null : clock.nowMs() - atMs;
      },
      stop: async () => {
        stop.abort();
        await clock.advance(2 * secondMs);
        await running;
      },
    };
  }

  async replay(): Promise<void> {
    const catalogue = await Catalogue.load(this.log, this.clock);
    const scope = { source: null, document: null, sinceMs: null, force: true };
    const world = { newId: () => "r1", clock: this.clock };
    await catalogue.putReplay(await replayOf(this.log, aGeneration, scope, world));
  }

  get #source(): DocumentSource {
    const { keys } = this;
    return {
      async read(key) {
        if (!keys.includes(key)) return { kind: "gone" };
        const draft = aDraft({ documentId: anId(key), text: `the text of ${key}` });
        if (draft.kind !== "upsert") throw new Error("a draft of a text is an upsert");
        const { archived, body, metadata, permissions, tenant } = draft;
        const facts = { archived, body, metadata, permissions, tenant };
        return { kind: "found", ...facts, sourceDigest: "digest", sourceTimeMs: null };
      },
      async *list() {
        for (const key of keys) yield { key, digest: "digest" };
      },
    };
  }
}
