import type { GenerationId, SourceName } from "@tidemark/domain";
import { MemoryVectorIndex, VirtualClock, somePoints } from "@tidemark/testing";
import { TransientError } from "../errors.ts";
import { EmbeddingAges } from "./embedding-ages.ts";

const files = "files" as SourceName;
const [g1, g2] = ["g1", "g2"] as GenerationId[] as [GenerationId, GenerationId];
const dimension = 3;
const dayMs = 24 * 3_600_000;
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

async function aWorld() {
  const clock = new VirtualClock();
  const index = new MemoryVectorIndex();
  for (const generation of [g1, g2]) await index.ensureGeneration(generation, dimension);
  const state = { active: g1, isAway: false };
  const asked = {
    embeddedBetween: async (...wanted: Parameters<MemoryVectorIndex["embeddedBetween"]>) => {
      if (state.isAway) throw new TransientError("the index does not answer");
      return index.embeddedBetween(...wanted);
    },
  };
  const ages = new EmbeddingAges({
    index: asked,
    sources: [files],
    generation: () => state.active,
    clock,
    logger,
  });
  const put = (generation: GenerationId, ageMs: number, text: string) =>
    index.putPoints(
      generation,
      somePoints([text], { generation, dimension }).map((point) => ({
        ...point,
        embeddedAtMs: clock.nowMs() - ageMs,
      })),
    );
  return { ages, clock, put, state };
}

test("ages are counted from the start on, again as time passes, and of the active generation", async () => {
  const { ages, clock, put, state } = await aWorld();
  const stop = new AbortController();

  const running = ages.run(stop.signal);
  await clock.advance(1_000);
  const empty = ages.of(files);
  await put(g1, 10 * dayMs, "old");
  await clock.advance(6_000);
  const first = ages.of(files);
  await put(g1, 0, "new");
  await clock.advance(120_000);
  const second = ages.of(files);
  state.active = g2;
  const switched = ages.of(files);
  stop.abort();
  await clock.advance(10_000);
  await running;

  expect(empty).toBeNull();
  expect(first?.points).toBe(1);
  expect(Math.abs((first?.oldestMs ?? 0) - 10 * dayMs)).toBeLessThan(2.5 * dayMs);
  expect(second?.points).toBe(2);
  expect(second?.atMs).toBeGreaterThan(first?.atMs ?? 0);
  expect(switched).toBeNull();
});

test("an index that is away leaves what was counted, with its time", async () => {
  const { ages, clock, put, state } = await aWorld();
  await put(g1, dayMs, "old");
  const stop = new AbortController();

  const running = ages.run(stop.signal);
  await clock.advance(1_000);
  const before = ages.of(files);
  state.isAway = true;
  await clock.advance(300_000);
  const meanwhile = ages.of(files);
  stop.abort();
  await clock.advance(10_000);
  await running;

  expect(before).not.toBeNull();
  expect(meanwhile).toEqual(before);
});
