import {
  encodeMutation,
  fingerprintOf,
  type DocumentId,
  type Generation,
  type GenerationId,
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
  plainLine,
} from "@tidemark/testing";
import { decodeChunkPart } from "../chunk-record.ts";
import { tokenSource } from "../stages/restrict.ts";
import { chunksTopic, controlTopic, mutationsTopic, replayGroup } from "../topics.ts";
import { Catalogue } from "./catalogue.ts";
import { GenerationLines } from "./generation-lines.ts";
import { replayOf, type ReplayJob } from "./replay-job.ts";
import { Replayer } from "./replay.ts";
import { Replays } from "./replays.ts";
import { StageBoard } from "./stage-board.ts";

const everything = { source: null, document: null, sinceMs: null, force: true };
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const dayMs = 24 * 3_600_000;

/** What processes share: a log, an index, and the time. */
class World {
  readonly clock = new VirtualClock();
  readonly logStore = new LogStore(2);
  readonly indexStore = new IndexStore();
  readonly log = new MemoryEventLog({ store: this.logStore, clock: this.clock });
  #started = 0;

  /** Documents that are live, in a generation that is active. */
  static async of(documents: number): Promise<World> {
    const world = new World();
    const catalogue = await Catalogue.load(world.log, world.clock);
    await catalogue.putGenerations([theGeneration("active")]);
    for (const id of idsOf(documents)) await world.write(id);
    const process = await world.start();
    await world.clock.advance(10_000);
    await process.stop();
    return world;
  }

  async write(documentId: DocumentId): Promise<void> {
    const value = encodeMutation(aDraft({ documentId, text: `the text of ${documentId}` }));
    await this.log.append(mutationsTopic, [{ key: documentId, value }]);
  }

  /** A process with every stage but the restrictor. */
  async start() {
    this.#started += 1;
    const instance = `process-${this.#started}`;
    const { clock } = this;
    const log = new MemoryEventLog({ store: this.logStore, clock });
    const index = new MemoryVectorIndex(this.indexStore);
    const catalogue = await Catalogue.load(log, clock);
    const board = new StageBoard(clock);
    const embedder = new MemoryEmbedder();
    const failed = (error: unknown) => {
      throw error;
    };
    const lines = new GenerationLines({
      catalogue,
      line: plainLine({
        stages: new Set(["chunker", "upserter"] as const),
        board,
        log,
        index,
        clock,
        token: tokenSource(instance),
      }),
      openEmbedder: async () => embedder,
      failed,
    });
    const replays = new Replays({ catalogue, lines, board, log, clock, logger, instance, failed });
    const stop = new AbortController();
    const running = Promise.all([lines.run(stop.signal), replays.run(stop.signal)]);
    await clock.advance(1);
    return {
      catalogue,
      board,
      stop: async () => {
        stop.abort();
        await clock.advance(2_000);
        await running;
      },
    };
  }

  async begin(parts: Partial<ReplayJob> = {}): Promise<ReplayJob> {
    const catalogue = await Catalogue.load(this.log, this.clock);
    const scope = { ...everything, perSecond: parts.perSecond ?? null };
    const world = { newId: () => "r1", clock: this.clock };
    const job = { ...(await replayOf(this.log, aGeneration, scope, world)), ...parts };
    await catalogue.putReplay(job);
    return job;
  }

  async replayer(): Promise<Replayer> {
    const { clock, log } = this;
    return new Replayer({ log, clock, newId: () => "r2", catalogue: await this.catalogue() });
  }

  catalogue(): Promise<Catalogue> {
    return Catalogue.load(this.log, this.clock);
  }

  async job(id = "r1"): Promise<ReplayJob | null> {
    return (await this.catalogue()).replay(id);
  }

  recordsOf(topic: string): readonly string[] {
    const { logStore } = this;
    return logStore
      .ranges(topic)
      .flatMap(({ partition }) => logStore.from(topic, partition, 0, 1e9))
      .map(({ value }) => value ?? "");
  }

  /** Documents that were chunked to be rewritten, in order. */
  rewritten(): readonly DocumentId[] {
    const parts = this.recordsOf(chunksTopic(aGeneration)).map(decodeChunkPart);
    return parts.filter(({ forced }) => forced).map(({ mutation }) => mutation.documentId);
  }
}

function theGeneration(state: Generation["state"], id = aGeneration): Generation {
  return {
    id,
    state,
    fingerprint: fingerprintOf(aRecipe),
    recipe: { ...aRecipe, normalizer: { ...aRecipe.normalizer, form: "nfc" } },
    createdAtMs: 0,
    activatedAtMs: 0,
    retiringSinceMs: null,
  };
}

function idsOf(documents: number): readonly DocumentId[] {
  return Array.from({ length: documents }, (_, at) => anId(`page-${at}.md`));
}

test("a forced replay mends points that were damaged, and is then done", async () => {
  const world = await World.of(12);
  const vectors = () =>
    new Map(
      [...world.indexStore.of(aGeneration).allPoints()].map(({ id, vector }) => [id, [...vector]]),
    );
  const before = vectors();
  for (const { vector } of world.indexStore.of(aGeneration).allPoints()) vector.fill(7);
  expect(vectors()).not.toEqual(before);
  await world.begin();

  const process = await world.start();
  await world.clock.advance(10_000);

  expect(await world.job()).toMatchObject({ state: "done", endedAtMs: expect.any(Number) });
  expect(vectors()).toEqual(before);
  await process.stop();
});

test("two processes share a job and its pace, and say once that it is done", async () => {
  const world = await World.of(40);
  const [first, second] = [await world.start(), await world.start()];
  // As each hears of the other's stages.
  second.board.hear("first", first.board.report());
  first.board.hear("second", second.board.report());
  await world.begin({ perSecond: 4 });

  await world.clock.advance(5_000);
  first.board.hear("second", second.board.report());
  second.board.hear("first", first.board.report());
  const early = world.rewritten().length;
  const doneEarly = await world.job();
  await (await world.replayer()).change("r1", { perSecond: null });
  await world.clock.advance(10_000);

  expect(early).toBeGreaterThan(5);
  expect(early).toBeLessThanOrEqual(4 * 5 + 2);
  expect(doneEarly).toMatchObject({ state: "running" });
  expect(new Set(world.rewritten())).toEqual(new Set(idsOf(40)));
  expect(world.recordsOf(controlTopic).filter((value) => value.includes('"done"'))).toHaveLength(1);
  await Promise.all([first.stop(), second.stop()]);
});

test("a paused job is not run at all, and goes on where it stood", async () => {
  const world = await World.of(30);
  const process = await world.start();
  await world.begin({ perSecond: 2 });
  await world.clock.advance(5_000);

  const replayer = await world.replayer();
  const paused = await replayer.change("r1", { state: "paused" });
  await world.clock.advance(3_000);
  const atPause = world.rewritten().length;
  const conditions = process.board.conditions().map(({ stage }) => stage);
  await world.clock.advance(60_000);
  const later = world.rewritten().length;
  await replayer.change("r1", { state: "running", perSecond: 1_000 });
  await world.clock.advance(10_000);

  expect(paused).toMatchObject({ state: "paused", leftMs: null });
  expect(atPause).toBeGreaterThan(4);
  expect(atPause).toBeLessThan(20);
  expect(conditions).not.toContain("replayer");
  expect(later).toBe(atPause);
  expect(await world.job()).toMatchObject({ state: "done" });
  expect(new Set(world.rewritten())).toEqual(new Set(idsOf(30)));
  await process.stop();
});

test("a process that ended in the middle is followed by one that goes on", async () => {
  const world = await World.of(30);
  await world.begin({ perSecond: 3 });
  const first = await world.start();
  await world.clock.advance(5_000);
  await first.stop();
  const before = new Set(world.rewritten());
  const acknowledged = [
    ...(await world.log.acknowledged(mutationsTopic, replayGroup("r1"))).values(),
  ];

  const second = await world.start();
  await (await world.replayer()).change("r1", { perSecond: null });
  await world.clock.advance(10_000);

  expect(before.size).toBeLessThan(30);
  expect(Math.max(...acknowledged)).toBeGreaterThan(0);
  expect(new Set(world.rewritten())).toEqual(new Set(idsOf(30)));
  const [view] = await (await world.replayer()).list();
  expect(view).toMatchObject({ state: "done", share: 1 });
  // What was under way when the first one ended was done again.
  expect(view?.documentsDone).toBeGreaterThanOrEqual(30);
  expect(view?.documentsDone).toBeLessThanOrEqual(30 + 16);
  await second.stop();
});

test("a cancelled job is run no further, and forgotten after a day", async () => {
  const world = await World.of(30);
  const process = await world.start();
  await world.begin({ perSecond: 2 });
  await world.clock.advance(5_000);

  const replayer = await world.replayer();
  await replayer.change("r1", { state: "cancelled" });
  await world.clock.advance(3_000);
  const atCancel = world.rewritten().length;
  await world.clock.advance(20_000);

  expect(world.rewritten().length).toBe(atCancel);
  expect(await replayer.list()).toMatchObject([{ id: "r1", state: "cancelled" }]);
  await process.stop();
  await world.clock.advance(dayMs);
  const next = await world.start();
  await world.clock.advance(2_000);
  expect(await replayer.list()).toEqual([]);
  world.logStore.compact(controlTopic);
  expect((await world.catalogue()).replayed("r1")).toBe(0);
  await next.stop();
});

test("a job of a generation that is no more, or of a log that was lost, ends by itself", async () => {
  const world = await World.of(3);
  const process = await world.start();
  await world.begin({ id: "gone", generation: "g0" as GenerationId });
  await world.begin({ id: "lost", log: "another log" });

  await world.clock.advance(3_000);

  expect(await world.job("gone")).toMatchObject({ state: "cancelled" });
  expect(await world.job("lost")).toMatchObject({ state: "cancelled" });
  await process.stop();
});

test("a range whose last records are gone is done when nothing of it is left", async () => {
  const world = await World.of(5);
  await world.begin();
  for (const { end, partition } of world.logStore.ranges(mutationsTopic)) {
    world.logStore.truncate(mutationsTopic, partition, end);
  }

  const process = await world.start();
  await world.clock.advance(10_000);

  expect(await world.job()).toMatchObject({ state: "done" });
  await process.stop();
});
