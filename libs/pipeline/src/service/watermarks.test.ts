/** What a watermark says, whatever happens on the way: of what is pushed, streamed and listed. */
import {
  encodeMutation,
  fingerprintOf,
  type DocumentId,
  type Generation,
  type SourceName,
} from "@tidemark/domain";
import {
  aDraft,
  aGeneration,
  anId,
  aRecipe,
  IndexStore,
  LogStore,
  MemoryEmbedder,
  MemoryEventLog,
  MemoryVectorIndex,
  VirtualClock,
} from "@tidemark/testing";
import { TransientError } from "../errors.ts";
import { silentObserver } from "../observer.ts";
import type { DocumentSource } from "../ports/document-source.ts";
import { runStage } from "../run-stage/stage-runner.ts";
import { resolveStage } from "../stages/resolve.ts";
import { tokenSource } from "../stages/restrict.ts";
import { mutationsTopic } from "../topics.ts";
import { Catalogue } from "./catalogue.ts";
import { GenerationLines } from "./generation-lines.ts";
import { publishMarker } from "./hints.ts";
import { replayOf } from "./replay-job.ts";
import { Replays } from "./replays.ts";
import { scanSource } from "./scan.ts";
import { StageBoard } from "./stage-board.ts";

const pushed = "push" as SourceName;
const listed = "files" as SourceName;
const secondMs = 1_000;
const hourMs = 3_600_000;
/** Markers come each second, and pass within another. */
const promptMs = 3 * secondMs;
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
class World {
  readonly clock = new VirtualClock();
  readonly logStore = new LogStore(2);
  readonly log = new MemoryEventLog({ store: this.logStore, clock: this.clock });
  readonly indexStore = new IndexStore();
  readonly keys: string[] = ["a.md", "b.md"];
  isEmbedding = true;
  #processes = 0;

  static async of(): Promise<World> {
    const world = new World();
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
        const marker = { source: pushed, producer, completeToMs };
        await publishMarker(this.log, mutationsTopic, marker);
        await this.clock.sleep(secondMs, stop.signal);
      }
    })();
    return () => stop.abort();
  }

  async push(key: string, sourceTimeMs: number | null = null): Promise<void> {
    const documentId = `${pushed}/${key}` as DocumentId;
    const draft = { ...aDraft({ documentId, text: `the text of ${key}` }), source: pushed };
    const value = encodeMutation({ ...draft, observedAtMs: this.clock.nowMs(), sourceTimeMs });
    await this.log.append(mutationsTopic, [{ key: documentId, value }]);
  }

  scan() {
    return scanSource({
      source: listed,
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
      line: {
        stages: new Set(["restrictor", "chunker", "upserter"] as const),
        board,
        log,
        index,
        clock,
        chance: () => 0,
        token: tokenSource(instance),
        logger,
        observer: silentObserver,
        progressTopic: async (topic) => topic,
        extractor: {
          version: "1",
          async extract({ bytes }) {
            const text = Buffer.from(bytes).toString();
            const blocks = [{ kind: "paragraph" as const, text }];
            return { text: { title: null, blocks }, characters: text.length };
          },
        },
        contents: new Map(),
        windowOf: () => ({ waitMs: 0, documentsMax: 10 }),
        accepted: () => false,
        restate: async () => {},
      },
      openEmbedder: async () => embedder,
      failed,
    });
    const resolver = resolveStage({
      log,
      sources: new Map([[listed, this.#source]]),
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

describe("a pushed or streamed source", () => {
  test("is complete up to now while nothing changes", async () => {
    const world = await World.of();
    const process = await world.start();
    const stop = world.beat();

    await world.clock.advance(10 * 60 * secondMs);

    const behindMs = process.behindMs(pushed);
    stop();
    await process.stop();
    expect(behindMs).toBeLessThan(promptMs);
  });

  test("is complete up to before what is not embedded, and up to now when it is", async () => {
    const world = await World.of();
    const process = await world.start();
    const stop = world.beat();
    await world.clock.advance(10 * secondMs);

    world.isEmbedding = false;
    await world.push("a");
    await world.clock.advance(60 * secondMs);
    const meanwhileMs = process.behindMs(pushed);
    world.isEmbedding = true;
    await world.clock.advance(10 * secondMs);
    const afterMs = process.behindMs(pushed);

    stop();
    await process.stop();
    expect(meanwhileMs).toBeGreaterThanOrEqual(60 * secondMs);
    expect(meanwhileMs).toBeLessThan(60 * secondMs + promptMs);
    expect(afterMs).toBeLessThan(promptMs);
  });

  test("is unknown after a restart until markers have passed, and never ahead of what is done", async () => {
    const world = await World.of();
    const stop = world.beat();
    const first = await world.start();
    await world.clock.advance(10 * secondMs);
    world.isEmbedding = false;
    await world.push("a");
    const pushedAtMs = world.clock.nowMs();
    await world.clock.advance(30 * secondMs);
    await first.stop();

    const second = await world.start();
    await world.clock.advance(30 * secondMs);
    const waitingMs = second.behindMs(pushed);
    const sincePushMs = world.clock.nowMs() - pushedAtMs;
    world.isEmbedding = true;
    await world.clock.advance(30 * secondMs);
    const afterMs = second.behindMs(pushed);

    stop();
    await second.stop();
    if (waitingMs !== null) expect(waitingMs).toBeGreaterThanOrEqual(sincePushMs - promptMs);
    expect(afterMs).toBeLessThan(promptMs);
  });

  test("moves on while a replay runs", async () => {
    const world = await World.of();
    const process = await world.start();
    const stop = world.beat();
    for (let at = 0; at < 300; at += 1) await world.push(`k${at}`);
    await world.clock.advance(60 * secondMs);
    await world.replay();

    let worstMs = 0;
    for (let at = 0; at < 60; at += 1) {
      await world.clock.advance(secondMs);
      worstMs = Math.max(worstMs, process.behindMs(pushed) ?? Number.POSITIVE_INFINITY);
    }

    stop();
    await process.stop();
    expect(worstMs).toBeLessThan(30 * secondMs);
  });

  test.each([
    ["alone", [hourMs]],
    ["beside one that is right", [0, hourMs]],
  ])(
    "a gateway whose clock is an hour ahead, %s, claims nothing of the future",
    async (_, ahead) => {
      const world = await World.of();
      const process = await world.start();
      const stops = ahead.map((aheadMs, at) => world.beat(`gateway-${at}`, aheadMs));
      await world.clock.advance(3 * 60 * secondMs);
      const idleMs = process.behindMs(pushed);
      world.isEmbedding = false;
      await world.push("a");
      await world.clock.advance(3 * 60 * secondMs);
      const stalledMs = process.behindMs(pushed);

      for (const stop of stops) stop();
      world.isEmbedding = true;
      await process.stop();
      expect(idleMs).toBeGreaterThanOrEqual(0);
      expect(idleMs).toBeLessThan(promptMs);
      expect(stalledMs).toBeGreaterThanOrEqual(3 * 60 * secondMs - promptMs);
    },
  );

  test("a gateway whose clock is an hour behind does not hold back one that is right", async () => {
    const world = await World.of();
    const process = await world.start();
    const stops = [world.beat("right"), world.beat("behind", -hourMs)];

    await world.clock.advance(3 * 60 * secondMs);
    const idleMs = process.behindMs(pushed);
    world.isEmbedding = false;
    await world.push("a");
    await world.clock.advance(3 * 60 * secondMs);
    const stalledMs = process.behindMs(pushed);

    for (const stop of stops) stop();
    world.isEmbedding = true;
    await process.stop();
    expect(idleMs).toBeLessThan(promptMs);
    expect(stalledMs).toBeGreaterThanOrEqual(3 * 60 * secondMs - promptMs);
  });

  test.each([-hourMs, hourMs])(
    "takes no time from the source: its clock is %i ms off",
    async (offMs) => {
      const world = await World.of();
      const process = await world.start();
      const stop = world.beat();

      await world.push("a", world.clock.nowMs() + offMs);
      await world.clock.advance(30 * secondMs);

      const behindMs = process.behindMs(pushed);
      stop();
      await process.stop();
      expect(behindMs).toBeGreaterThanOrEqual(0);
      expect(behindMs).toBeLessThan(promptMs);
    },
  );
});

describe("a listed source", () => {
  test("is complete up to the beginning of its last scan, once what it found is done", async () => {
    const world = await World.of();
    const process = await world.start();

    world.isEmbedding = false;
    const beganAtMs = world.clock.nowMs();
    await world.scan();
    await world.clock.advance(30 * secondMs);
    const meanwhile = process.behindMs(listed);
    world.isEmbedding = true;
    await world.clock.advance(30 * secondMs);
    const afterMs = process.behindMs(listed);

    const sinceScanMs = world.clock.nowMs() - beganAtMs;
    await process.stop();
    expect(meanwhile).toBeNull();
    expect(afterMs).toBe(sinceScanMs);
  });
});
