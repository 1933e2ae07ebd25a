/**
 * The sentinels over the model that travels with Tidemark: every cause in its strengths, and healthy
 * runs among edits. `node test/measure/sentinels.ts [healthy runs]`; fails when a name is wrong.
 */
import { modelDirectoryOf, OnnxEmbedder } from "@tidemark/onnx";
import { driftingEmbedder } from "@tidemark/testing";
import { anOrdinaryHour, drifts, lossShares, miss, missedShares } from "../sentinels/drifts.ts";
import { sentinelWorld, type SentinelWorld } from "../sentinels/sentinel-world.ts";

const healthyRuns = Number(process.argv[2] ?? 50);
await using embedder = await OnnxEmbedder.open({
  modelDirectory: modelDirectoryOf("all-MiniLM-L6-v2-int8"),
  device: "cpu",
});
let wrong = 0;

async function expectCause(
  what: string,
  cause: string,
  change: (world: SentinelWorld) => unknown,
): Promise<void> {
  const world = await sentinelWorld({ documents: 60, embedder });
  const before = await world.causes();
  change(world);
  const named = await world.causes();
  const isRight = before.length === 0 && named.length === 1 && named[0] === cause;
  if (!isRight) wrong += 1;
  const { generations } = await world.sentinels().report();
  const most = generations[0]?.distances.at(-1)?.distance ?? 0;
  console.log(
    `${isRight ? "right" : "WRONG"}  ${what}: ${named.join(", ") || "nothing"} · moved by at most ${most.toFixed(4)}`,
  );
}

for (const [what, drift, cause] of drifts) {
  await expectCause(what, cause, (world) => {
    world.embedder = driftingEmbedder(embedder, drift);
  });
}
for (const share of lossShares) {
  await expectCause(`${share * 100} % of points lost`, "index-loss", (world) => world.lose(share));
}
for (const share of missedShares) {
  const what = `${share * 100} % of neighbours overlooked`;
  await expectCause(what, "approximate-search", (world) => miss(world, share));
}

const healthy = await sentinelWorld({ documents: 60, embedder });
await healthy.causes();
let named = 0;
let leastOverlap = 1;
for (let run = 0; run < healthyRuns; run += 1) {
  await anOrdinaryHour(healthy, run);
  if ((await healthy.causes()).length > 0) named += 1;
  const { generations } = await healthy.sentinels().report();
  leastOverlap = Math.min(leastOverlap, generations[0]?.overlap ?? 1);
}
console.log(
  `${healthyRuns} healthy runs: ${named} named something; overlap at least ${leastOverlap.toFixed(3)}`,
);
if (wrong + named > 0) process.exitCode = 1;
