import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OverloadedError, PoisonError, TransientError } from "@tidemark/pipeline";
import { EmbedPool } from "./embed-pool.ts";
import type { PoolOptions } from "./embed-pool.ts";

const entry = new URL("fixtures/odd-worker.ts", import.meta.url);

/** A text of three ids, whose second says what the odd worker does with it. */
const text = (second: number): readonly number[] => [101, second, 102];
const good = text(1000);
const crash = text(1);
const crashOnce = text(2);
const never = text(7);
const half = [0.5, 0.5, 0.5, 0.5];

async function aPool(options: Partial<PoolOptions> = {}): Promise<EmbedPool> {
  return EmbedPool.start({
    thread: { modelFile: "none", device: "cpu", entry },
    workers: 1,
    dimension: 4,
    bounds: { textsMax: 8, tokensMax: 1000 },
    tokensPerRunMax: 6,
    closeMsMax: 1000,
    ...options,
  });
}

test("vectors come in the order of their texts, of unit length", async () => {
  await using pool = await aPool({ workers: 2 });
  const texts = [good, [101, 102], good, [101, 9, 9, 102], good];

  const vectors = await pool.embed("live", texts);

  expect(vectors.map((vector) => [...vector])).toEqual(texts.map(() => half));
  expect(pool.load.queuedTexts.live).toBe(0);
});

test.each([
  ["NaN", 4, "bad-vector"],
  ["a wrong width", 5, "bad-vector"],
  ["a length of zero", 6, "bad-vector"],
  ["a run that fails", 3, "embedding-refused"],
  ["a crash", 1, "embedding-refused"],
])("%s is poison to its own request alone", async (_, second, reason) => {
  await using pool = await aPool();

  const bad = pool.embed("live", [good, text(second)]);
  const others = pool.embed("live", [good, good]);

  await expect(bad).rejects.toBeInstanceOf(PoisonError);
  await expect(bad).rejects.toMatchObject({ reason });
  expect(await others).toHaveLength(2);
});

test("a worker that dies is replaced, and its texts are tried once more", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-pool-"));
  const modelFile = join(directory, "crashed");
  await using pool = await aPool({ thread: { modelFile, device: "cpu", entry } });

  const vectors = await pool.embed("live", [crashOnce, good]);
  const again = await pool.embed("live", [good]);

  expect(vectors).toHaveLength(2);
  expect(again).toHaveLength(1);
  expect(pool.load).toMatchObject({ deaths: 1, workers: 1 });
  await rm(directory, { recursive: true });
});

test("a full lane refuses documents while queries and live changes still get in", async () => {
  await using pool = await aPool({ workers: 2 });
  const stuck = Array.from({ length: 4 }, async () => swallow(pool.embed("backfill", [never])));
  const waiting = swallow(
    pool.embed(
      "backfill",
      Array.from({ length: 8 }, () => good),
    ),
  );

  await expect(pool.embed("backfill", [good])).rejects.toBeInstanceOf(OverloadedError);
  await expect(pool.embed("backfill", [good])).rejects.toBeInstanceOf(TransientError);
  const query = await pool.embed("query", [good]);
  const live = await pool.embed("live", [good]);

  expect([query, live].map(({ length }) => length)).toEqual([1, 1]);
  await pool[Symbol.asyncDispose]();
  await Promise.all([...stuck, waiting]);
});

test("an aborted request leaves the queue and fails with its reason", async () => {
  await using pool = await aPool();
  const stuck = [swallow(pool.embed("live", [never])), swallow(pool.embed("live", [never]))];
  const abort = new AbortController();
  const aborted = pool.embed("live", [good, good], abort.signal);
  expect(pool.load.queuedTexts.live).toBe(2);

  abort.abort(new Error("no longer wanted"));

  await expect(aborted).rejects.toThrow("no longer wanted");
  expect(pool.load.queuedTexts.live).toBe(0);
  await expect(pool.embed("live", [good], abort.signal)).rejects.toThrow("no longer wanted");
  await pool[Symbol.asyncDispose]();
  await Promise.all(stuck);
});

test("closing fails what waits and does not wait for a worker that hangs", async () => {
  const pool = await aPool({ closeMsMax: 10 });
  const stuck = pool.embed("live", [never]);
  stuck.catch(() => undefined);

  await pool[Symbol.asyncDispose]();

  await expect(stuck).rejects.toBeInstanceOf(TransientError);
  await expect(pool.embed("live", [good])).rejects.toBeInstanceOf(TransientError);
});

test("a session that does not open is refused with its reason", async () => {
  const pool = aPool({ thread: { modelFile: "refuse", device: "cpu", entry } });

  await expect(pool).rejects.toThrow("no session");
});

test("a crash of a waiting neighbour's run costs a text no attempt", async () => {
  await using pool = await aPool();

  const bad = pool.embed("live", [crash]);
  const innocent = pool.embed("live", [good]);

  await expect(bad).rejects.toThrow("crashed");
  expect(await innocent).toHaveLength(1);
});

async function swallow(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => undefined);
}
