import { driftingEmbedder, forgetfulIndex, seededChance } from "@tidemark/testing";
import { measuresTopic } from "@tidemark/pipeline";
import { anOrdinaryHour, drifts, fineDrifts, lossShares, miss, missedShares } from "./drifts.ts";
import { sentinelWorld, type SentinelWorld } from "./sentinel-world.ts";

test.each([...drifts, ...fineDrifts])(
  "%s is told from everything else",
  async (_, drift, cause) => {
    const world = await sentinelWorld();
    expect(await world.causes()).toEqual([]);

    world.embedder = driftingEmbedder(world.embedder, drift);

    expect(await world.causes()).toEqual([cause]);
  },
);

test.each(lossShares)(
  "points that are listed and gone are an index that lost some: %p",
  async (share) => {
    const world = await sentinelWorld();
    expect(await world.causes()).toEqual([]);

    expect(world.lose(share)).toBeGreaterThan(5);

    expect(await world.causes()).toEqual(["index-loss"]);
  },
);

test.each(missedShares)(
  "a search that overlooks true neighbours is told from an index that lost them: %p",
  async (missed) => {
    const world = await sentinelWorld();
    expect(await world.causes()).toEqual([]);

    miss(world, missed);

    expect(await world.causes()).toEqual(["approximate-search"]);
  },
);

test("documents that the index has forgotten whole are lost too", async () => {
  const world = await sentinelWorld();
  await world.causes();

  for (const id of ["files/7.md", "files/8.md"]) {
    world.store.generations
      .values()
      .next()
      .value?.manifests.delete(id as never);
  }

  expect(await world.causes()).toEqual(["index-loss"]);
});

test("vectors that something else has stored are found by embedding their texts again", async () => {
  const world = await sentinelWorld({ documents: 12 });
  await world.causes();

  for (const generation of world.store.generations.values()) {
    for (const point of [...generation.allPoints()].slice(0, 6)) point.vector.reverse();
  }

  expect(await world.causes()).toEqual(["stored-vectors"]);
});

test("while a corpus is edited, and vectors are off by roundings, nothing is named in 50 runs", async () => {
  const world = await sentinelWorld();
  const sound = world.embedder;
  const overlaps: number[] = [];
  for (let run = 0; run < 50; run += 1) {
    world.embedder = driftingEmbedder(sound, { kind: "weights", noise: 0.02 });
    world.index = forgetfulIndex(world.index, run % 2 === 0 ? 0.0005 : 0, seededChance(run));
    await anOrdinaryHour(world, run);

    expect(await world.causes()).toEqual([]);

    const { generations } = await world.sentinels().report();
    overlaps.push(generations[0]?.overlap ?? 1);
  }
  expect(Math.min(...overlaps)).toBeGreaterThan(0.85);
});

test("a baseline outlives the process, and what changed while nothing ran is found", async () => {
  const world = await sentinelWorld();
  await world.causes();
  const before = await baselineOf(world);

  world.embedder = driftingEmbedder(world.embedder, { kind: "weights", noise: 0.3 });

  expect(await world.causes()).toEqual(["weights"]);
  expect(await baselineOf(world)).toEqual(before);
});

test("a baseline that was lost is taken anew, and that is said", async () => {
  const world = await sentinelWorld();
  await world.causes();
  await world.clock.advance(24 * 60 * 60_000);
  world.log.recreate(measuresTopic, 1);

  await world.causes();

  expect(world.said.at(-1)).toBe("sentinels have a baseline of today, not of the start");
  expect((await baselineOf(world))?.isBaselineLate).toBe(true);
});

test("what is found is said once, and since when", async () => {
  const world = await sentinelWorld();
  await world.causes();
  world.lose(0.3);

  await world.causes();
  const first = (await world.sentinels().report()).generations[0]?.findings[0]?.sinceMs;
  await world.causes();

  const again = (await world.sentinels().report()).generations[0]?.findings[0]?.sinceMs;
  expect(again).toBe(first);
  expect(world.said.filter((message) => message === "sentinels moved")).toHaveLength(1);
});

async function baselineOf(world: SentinelWorld) {
  const { generations } = await world.sentinels().report();
  const [checked] = generations;
  return checked && { at: checked.baselineAtMs, isBaselineLate: checked.isBaselineLate };
}
