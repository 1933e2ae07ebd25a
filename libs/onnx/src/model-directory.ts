import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EmbeddingSpace } from "@tidemark/pipeline";
import type { Golden } from "./golden.ts";
import { digestOf, readDescription } from "./model-description.ts";
import { WordPieceTokenizer } from "./wordpiece-tokenizer.ts";

export interface Model {
  readonly space: EmbeddingSpace;
  readonly modelFile: string;
  /** Devices that the file's operators run on. */
  readonly devices: readonly string[];
  readonly tokenizer: WordPieceTokenizer;
  readonly golden: Golden;
}

/** The models that travel with the repository, by name. */
const bundled: Readonly<Record<string, string>> = {
  "all-MiniLM-L6-v2-int8": "all-MiniLM-L6-v2",
};

/** Where a model lies: one that travels with the repository by its name, any other by its path. */
export function modelDirectoryOf(nameOrPath: string): string {
  const name = bundled[nameOrPath];
  if (name === undefined) return nameOrPath;
  return fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
}

/**
 * Reads a directory with `embedding.json`, `tokenizer.json`, `golden.json` and the model file.
 *
 * Throws when a file is missing or another than `embedding.json` names.
 */
export async function readModelDirectory(directory: string): Promise<Model> {
  const description = await readDescription(directory);
  const { modelFile, devices, sha256: _sha256, ...described } = description;
  const text = async (name: string): Promise<string> => readFile(join(directory, name), "utf8");
  const [weightsDigest, tokenizerDigest, tokenizer, golden] = await Promise.all([
    digestOf(directory, modelFile, description),
    digestOf(directory, "tokenizer.json", description),
    text("tokenizer.json"),
    text("golden.json"),
    digestOf(directory, "golden.json", description),
  ]);
  return {
    space: { ...described, metric: "cosine", weightsDigest, tokenizerDigest },
    modelFile: join(directory, modelFile),
    devices,
    tokenizer: WordPieceTokenizer.parse(tokenizer, described.tokensMax),
    golden: JSON.parse(golden) as Golden,
  };
}

/** A model's tokenizer without the model, for whoever has it embed elsewhere. */
export interface OpenedTokenizer {
  /** The model's own name, as whoever runs it tells it. */
  readonly model: string;
  /** Hex sha256 of the file, as in the space of the model. */
  readonly digest: string;
  readonly tokensMax: number;
  countTokens(text: string): number;
}

/** Reads `embedding.json` and `tokenizer.json` of a model's directory, and nothing else. */
export async function openTokenizer(directory: string): Promise<OpenedTokenizer> {
  const description = await readDescription(directory);
  const { model, tokensMax } = description;
  const [digest, text] = await Promise.all([
    digestOf(directory, "tokenizer.json", description),
    readFile(join(directory, "tokenizer.json"), "utf8"),
  ]);
  const tokenizer = WordPieceTokenizer.parse(text, tokensMax);
  return { model, digest, tokensMax, countTokens: (counted) => tokenizer.countTokens(counted) };
}
