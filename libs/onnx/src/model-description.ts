/** `embedding.json`: what the other files of a model's directory do not say. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export interface ModelDescription {
  readonly model: string;
  readonly modelFile: string;
  /** Devices that the file's operators run on. */
  readonly devices: readonly string[];
  readonly dimension: number;
  readonly tokensMax: number;
  readonly pooling: string;
  readonly documentPrefix: string;
  readonly queryPrefix: string;
  /** Digests that files must have, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

export async function readDescription(directory: string): Promise<ModelDescription> {
  const text = await readFile(join(directory, "embedding.json"), "utf8");
  const found = JSON.parse(text) as Partial<ModelDescription>;
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
  const { model, modelFile, devices, dimension, tokensMax, ...rest } = found as ModelDescription;
  const { pooling, documentPrefix, queryPrefix, sha256 } = rest;
  const space = { model, dimension, tokensMax, pooling, documentPrefix, queryPrefix };
  return { ...space, modelFile, devices, sha256 };
}

/**
 * The hex sha256 of a file of the directory.
 *
 * Throws when the description names another: a file that was swapped by mistake gives vectors that
 * look right and are not.
 */
export async function digestOf(
  directory: string,
  name: string,
  { sha256 }: ModelDescription,
): Promise<string> {
  const hash = createHash("sha256");
  const file = join(directory, name);
  await pipeline(createReadStream(file, { highWaterMark: readBytes }), hash);
  const digest = hash.digest("hex");
  const expected = sha256[name];
  if (expected !== undefined && expected !== digest) {
    throw new Error(`${file} is not the file that embedding.json names`);
  }
  return digest;
}

const readBytes = 1024 * 1024;
