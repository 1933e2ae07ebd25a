/**
 * Healthy runs of the sentinels over a real Qdrant whose approximate search goes by its graph, with
 * the model that travels with Tidemark: whether any names something.
 *
 *   node test/measure/sentinels-graph.ts [healthy runs] [documents]
 */
import { aGeneration, seededChance, pick } from "@tidemark/testing";
import { modelDirectoryOf, OnnxEmbedder } from "@tidemark/onnx";
import { openQdrantIndex } from "@tidemark/qdrant";
import { LocalQdrant } from "../servers/qdrant.ts";
import { anOrdinaryHour } from "../sentinels/drifts.ts";
import { sentinelWorld } from "../sentinels/sentinel-world.ts";

const [healthyRuns = 50, documents = 1_000] = process.argv.slice(2).map(Number);
const chunksPerDocument = 50;
const waitMs = 600_000;
/** What is no more than this is searched without a graph: see `collection-settings.ts`. */
const comparedInFullMax = 20_000;
const words =
  "tide harbour invoice password release budget network contract travel recipe history safety backup database privacy training warranty machine meeting price office server company test storm bread letter garden engine doctor island theatre football winter passport museum".split(
    " ",
  );

// One segment, so that it is larger than what is compared in full.
await using server = await LocalQdrant.start({
  environment: { QDRANT__STORAGE__OPTIMIZERS__DEFAULT_SEGMENT_NUMBER: "1" },
});
await using embedder = await OnnxEmbedder.open({
  modelDirectory: modelDirectoryOf("all-MiniLM-L6-v2-int8"),
  device: "cpu",
});
const index = await openQdrantIndex({ url: server.url });
const world = await sentinelWorld({ documents: 60, embedder, index });
const chance = seededChance(20_261_127);
for (let at = 0; at < documents; at += 1) {
  const texts = Array.from({ length: chunksPerDocument }, (_, chunk) =>
    [at, chunk, ...Array.from({ length: 6 }, () => pick(chance, words))].join(" "),
  );
  await world.put(`filler ${at}.md`, texts);
}

const inGraph = await untilInGraph();
console.log(`${inGraph} of ${documents * chunksPerDocument} points or more are in the graph`);

await world.causes();
let named = 0;
const recalls: number[] = [];
const overlaps: number[] = [];
for (let run = 0; run < healthyRuns; run += 1) {
  await anOrdinaryHour(world, run);
  const causes = await world.causes();
  if (causes.length > 0) {
    named += 1;
    console.log(`run ${run} names ${causes.join(", ")}`);
  }
  const { generations } = await world.sentinels().report();
  recalls.push(generations[0]?.recall ?? 1);
  overlaps.push(generations[0]?.overlap ?? 1);
}
console.log(
  `${healthyRuns} healthy runs: ${named} named something; of the true neighbours found at least ` +
    `${Math.min(...recalls).toFixed(3)}, all of them in ${recalls.filter((each) => each === 1).length} runs; ` +
    `overlap at least ${Math.min(...overlaps).toFixed(3)}`,
);
if (named > 0) process.exitCode = 1;

/** How many points the graph holds, once the server has nothing left to do. */
async function untilInGraph(): Promise<number> {
  const until = Date.now() + waitMs;
  while (Date.now() < until) {
    const names = await answerOf<{ readonly collections: readonly { readonly name: string }[] }>(
      "/collections",
    );
    const name = names.collections
      .map((each) => each.name)
      .find((each) => each.includes(aGeneration));
    const info = await answerOf<{
      readonly status: string;
      readonly indexed_vectors_count: number;
    }>(`/collections/${name}`);
    // The newest may wait in a segment of their own, too small for a graph.
    if (info.status === "green" && info.indexed_vectors_count > comparedInFullMax) {
      return info.indexed_vectors_count;
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error("the server has not made a graph that is large enough to be used");
}

async function answerOf<T>(path: string): Promise<T> {
  const response = await fetch(`${server.url}${path}`);
  const { result } = (await response.json()) as { readonly result: T };
  return result;
}
