/**
 * The embedder service on a GPU beside itself on the processor: whether it starts there, how far
 * apart the vectors are, whether a vector depends on what shares its run, and how fast each is.
 *
 *   python models/build/float_from_int8.py --model models/all-MiniLM-L6-v2 --out DIRECTORY
 *   node test/measure/cuda.ts DIRECTORY [texts; default: 4000]
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Embedder } from "@tidemark/pipeline";
import { cosine } from "@tidemark/testing";
import { EmbedderProcess, model as bundled } from "../integration/support/embedder-process.ts";

const [directory, count = "4000"] = process.argv.slice(2);
if (directory === undefined) throw new Error("name the directory of a model made for a GPU");
const documents = { purpose: "document", lane: "backfill" } as const;
/** Texts whose vectors are compared. */
const comparedMax = 400;
const withinMs = 120_000;

const handbook = join(import.meta.dirname, "../../examples/handbook");
const paragraphs = readdirSync(handbook, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => readFileSync(join(handbook, name), "utf8").split(/\n{2,}/u))
  .filter((text) => text.trim() !== "");
const texts = Array.from({ length: Number(count) }, (_, at) => {
  const paragraph = paragraphs[at % paragraphs.length] ?? "";
  return at < paragraphs.length ? paragraph : `${at} ${paragraph}`;
});

const refused = await EmbedderProcess.refused({ minilm: { model: bundled, device: "cuda" } });
console.log("the int8 model on cuda: exit", refused.exitCode, lastReason(refused.output));

const compared = texts.slice(0, comparedMax);
const vectors: Record<string, readonly Float32Array[]> = {};
for (const device of ["cuda", "cpu"] as const) {
  const minilm = { model: directory, device, workers: device === "cuda" ? 1 : undefined };
  const beganMs = performance.now();
  await using service = await EmbedderProcess.start({ minilm });
  await using client = await service.connect({ wanted: directory });
  const startedMs = Math.round(performance.now() - beganMs);
  console.log(device, { startedMs, device: client.device, golden: client.golden });
  await timed(client, compared);
  vectors[device] = (await client.embed({ texts: compared, ...documents })).vectors;
  const alone = await oneByOne(client, compared);
  console.log(device, "alone and together:", spread(vectors[device], alone));
  const speeds = [await timed(client, texts), await timed(client, texts)];
  console.log(device, "through gRPC:", ...speeds);
}
console.log("cuda and cpu:", spread(vectors["cuda"] ?? [], vectors["cpu"] ?? []));

/** Each text in a request of its own, one after the other. */
async function oneByOne(client: Embedder, of: readonly string[]): Promise<readonly Float32Array[]> {
  const found: Float32Array[] = [];
  for (const text of of) {
    const { vectors: made } = await client.embed({
      texts: [text],
      purpose: "query",
      lane: "query",
    });
    found.push(...made);
  }
  return found;
}

async function timed(client: Embedder, of: readonly string[]) {
  const beganMs = performance.now();
  const signal = AbortSignal.timeout(withinMs);
  const { tokens } = await client.embed({ texts: of, ...documents, signal });
  const seconds = (performance.now() - beganMs) / 1000;
  const perSecond = {
    texts: Math.round(of.length / seconds),
    tokens: Math.round(tokens / seconds),
  };
  return { texts: of.length, tokens, seconds: seconds.toFixed(2), perSecond };
}

function spread(left: readonly Float32Array[], right: readonly Float32Array[]) {
  const cosines = left.map((vector, at) => cosine(vector, right[at] ?? new Float32Array(0)));
  const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  return { vectors: cosines.length, mean, least: Math.min(...cosines) };
}

function lastReason(output: string): string {
  return /"reason":"(?<reason>[^"]*)"/u.exec(output)?.groups?.["reason"] ?? output;
}
