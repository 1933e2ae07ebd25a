import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunFacts } from "./embed-pool.ts";
import type { Golden } from "./golden.ts";
import { OnnxEmbedder } from "./onnx-embedder.ts";
import { modelDirectoryOf, openTokenizer } from "./model-directory.ts";

const modelDirectory = fileURLToPath(new URL("../../../models/all-MiniLM-L6-v2", import.meta.url));
const document = { purpose: "document", lane: "live" } as const;

let embedder: OnnxEmbedder;
beforeAll(async () => {
  embedder = await OnnxEmbedder.open({ modelDirectory, workers: 1, tokensPerRunMax: 4096 });
});
afterAll(async () => embedder[Symbol.asyncDispose]());

test("the shipped model reproduces the golden texts", () => {
  expect(embedder.golden.mean).toBeGreaterThan(0.985);
  expect(embedder.device).toBe("cpu");
  expect(embedder.space).toEqual({
    model: "all-MiniLM-L6-v2-int8",
    weightsDigest: "f855dff2e7a6b37b58b1962b2d62f5b403525c7c04f6a6180f5d7ec154cdeff8",
    tokenizerDigest: "9114256b104cca80e04367526f03f46aa3c443c2ed174904142a73bbf13b9fbb",
    dimension: 384,
    tokensMax: 256,
    pooling: "mean",
    metric: "cosine",
    documentPrefix: "",
    queryPrefix: "",
  });
});

test("a text has the same vector alone and among texts of its length", async () => {
  const texts = Array.from({ length: 12 }, (_, place) => `the level of lake ${place % 10} rises`);

  const together = await embedder.embed({ texts, ...document });
  const alone = await Promise.all(
    texts.map(async (text) => (await embedder.embed({ texts: [text], ...document })).vectors[0]),
  );

  for (const [index, vector] of together.vectors.entries()) {
    expect(cosine(vector, alone[index])).toBeGreaterThan(0.999_999);
  }
  expect(cosine(together.vectors[0], together.vectors[1])).toBeLessThan(0.99);
});

test("an empty text and one far too long have vectors of unit length", async () => {
  const long = "tide ".repeat(10_000);

  const { vectors, tokens } = await embedder.embed({ texts: ["", long], ...document });

  for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1, 5);
  expect(tokens).toBe(2 + 256);
  expect(embedder.countTokens(long)).toBe(10_000);
});

test("texts of one meaning are nearer than others", async () => {
  const texts = ["How do I renew a certificate?", "certificate renewal", "a recipe for bread"];

  const { vectors } = await embedder.embed({ texts, purpose: "query", lane: "query" });

  const [question, same, other] = vectors;
  expect(cosine(question, same)).toBeGreaterThan(cosine(question, other) + 0.3);
});

test("a model that travels with the repository is found by its name, any other by its path", () => {
  expect(modelDirectoryOf("all-MiniLM-L6-v2-int8")).toBe(modelDirectory);
  expect(modelDirectoryOf("/models/mine")).toBe("/models/mine");
});

test("a tokenizer without its model counts as the model does, and says whose it is", async () => {
  const tokenizer = await openTokenizer(modelDirectory);

  expect(tokenizer).toMatchObject({
    model: embedder.space.model,
    digest: embedder.space.tokenizerDigest,
    tokensMax: embedder.space.tokensMax,
  });
  for (const text of ["", "the level of the lake rises", "tide ".repeat(1000)]) {
    expect(tokenizer.countTokens(text)).toBe(embedder.countTokens(text));
  }
});

test("each run of the model is told with its size and the time it took", async () => {
  const runs: RunFacts[] = [];
  const onRun = (run: RunFacts) => void runs.push(run);
  await using told = await OnnxEmbedder.open({ modelDirectory, workers: 1, onRun });
  runs.length = 0;

  const { tokens } = await told.embed({ texts: ["one", "two", "three words here"], ...document });

  expect(runs.reduce((sum, run) => sum + run.texts, 0)).toBe(3);
  expect(runs.reduce((sum, run) => sum + run.tokens, 0)).toBe(tokens);
  expect(runs.every(({ ms }) => ms > 0)).toBe(true);
});

test("changed files of a model are refused", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-model-"));
  try {
    await cp(modelDirectory, directory, { recursive: true });
    const open = async (): Promise<OnnxEmbedder> =>
      OnnxEmbedder.open({ modelDirectory: directory, workers: 1 });
    const change = async (name: string, by: (text: string) => string): Promise<void> => {
      const file = join(directory, name);
      await writeFile(file, by(await readFile(file, "utf8")));
    };

    await change("golden.json", (text) => changedGolden(text));
    await expect(open()).rejects.toThrow("golden.json is not the file");

    await change("embedding.json", (text) => text.replace(/"sha256": \{[^}]*\}/, '"sha256": {}'));
    await expect(open()).rejects.toThrow("golden texts have other vectors");

    await change("tokenizer.json", (text) => text.replace('"the":1996', '"teh":1996'));
    await expect(open()).rejects.toThrow("other tokens");
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a GPU that is not there is refused with the reason, and auto does without", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-model-"));
  try {
    await cp(modelDirectory, directory, { recursive: true });
    const file = join(directory, "embedding.json");
    const description = await readFile(file, "utf8");
    await writeFile(file, description.replace('["cpu"]', '["cpu", "cuda"]'));
    const options = { modelDirectory: directory, workers: 1 };

    await expect(OnnxEmbedder.open({ ...options, device: "cuda" })).rejects.toThrow(
      /^device cuda: .*shared library/,
    );
    await using auto = await OnnxEmbedder.open({ ...options, device: "auto" });
    expect(auto.device).toBe("cpu");
    expect(auto.withoutCuda).toContain("shared library");
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a model made for a processor is not run on a GPU", async () => {
  await expect(OnnxEmbedder.open({ modelDirectory, device: "cuda" })).rejects.toThrow(
    "device cuda: all-MiniLM-L6-v2-int8 is made for cpu",
  );
});

function changedGolden(text: string): string {
  const golden = JSON.parse(text) as Golden;
  const items = golden.items.map((item) => ({ ...item, embedding: item.embedding.toReversed() }));
  return JSON.stringify({ ...golden, items });
}

function cosine(left: Float32Array | undefined, right: Float32Array | undefined): number {
  if (left === undefined || right === undefined) return Number.NaN;
  return left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);
}
