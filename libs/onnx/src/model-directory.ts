import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { EmbeddingSpace } from "@tidemark/pipeline";
import type { Golden } from "./golden.ts";
import { WordPieceTokenizer } from "./wordpiece-tokenizer.ts";

export interface Model {
  readonly space: EmbeddingSpace;
  readonly modelFile: string;
  /** Devices that the file's operators run on. */
  readonly devices: readonly string[];
  readonly tokenizer: WordPieceTokenizer;
  readonly golden: Golden;
}

/** `embedding.json`: what the other files of the directory do not say. */
interface Description {
  readonly model: string;
  readonly modelFile: string;
  readonly devices: readonly string[];
  readonly dimension: number;
  readonly tokensMax: number;
  readonly pooling: string;
  readonly documentPrefix: string;
  readonly queryPrefix: string;
  /** Digests that files must have, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

/**
 * Reads a directory with `embedding.json`, `tokenizer.json`, `golden.json` and the model file.
 *
 * Throws when a file is missing or another than `embedding.json` names: a model that was swapped
 * by mistake gives vectors that look right and are not.
 */
export async function readModelDirectory(directory: string): Promise<Model> {
  const text = async (name: string): Promise<string> => readFile(join(directory, name), "utf8");
  const description = parseDescription(await text("embedding.json"));
  const { modelFile, devices, sha256, ...described } = description;
  const digestOf = async (name: string): Promise<string> => {
    const digest = await sha256Of(join(directory, name));
    const expected = sha256[name];
    if (expected !== undefined && expected !== digest) {
      throw new Error(`${join(directory, name)} is not the file that embedding.json names`);
    }
    return digest;
  };
  const [weightsDigest, tokenizerDigest, tokenizer, golden] = await Promise.all([
    digestOf(modelFile),
    digestOf("tokenizer.json"),
    text("tokenizer.json"),
    text("golden.json"),
    digestOf("golden.json"),
  ]);
  return {
    space: { ...described, metric: "cosine", weightsDigest, tokenizerDigest },
    modelFile: join(directory, modelFile),
    devices,
    tokenizer: WordPieceTokenizer.parse(tokenizer, described.tokensMax),
    golden: JSON.parse(golden) as Golden,
  };
}

function parseDescription(text: string): Description {
  const found = JSON.parse(text) as Partial<Description>;
  const texts = ["model", "modelFile", "pooling", "documentPrefix", "queryPrefix"] as const;
  const numbers = ["dimension", "tokensMax"] as const;
  const isComplete =
    texts.every((key) => typeof found[key] === "string") &&
    numbers.every((key) => Number.isInteger(found[key])) &&
    Array.isArray(found.devices) &&
    typeof found.sha256 === "object";
  if (!isComplete) {
    throw new Error(`embedding.json needs devices, sha256, ${[...texts, ...numbers].join(", ")}`);
  }
  const { model, modelFile, devices, dimension, tokensMax, ...rest } = found as Description;
  const { pooling, documentPrefix, queryPrefix, sha256 } = rest;
  const space = { model, dimension, tokensMax, pooling, documentPrefix, queryPrefix };
  return { ...space, modelFile, devices, sha256 };
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: readBytes }), hash);
  return hash.digest("hex");
}

const readBytes = 1024 * 1024;
