import { contentDefinedCuts } from "./chunk-cuts.ts";
import type { Stretch } from "./chunk-cuts.ts";
import { recursiveCuts } from "./chunk-recursive.ts";
import { sizeOf, unitsOf } from "./chunk-unit.ts";
import type { ChunkUnit, CountTokens } from "./chunk-unit.ts";
import type { StructuredText } from "./structured-text.ts";

/** Part of every fingerprint; raised when the same text would be cut differently. */
export const CHUNKER_VERSION = "1";

export const TOKENS_MAX_DEFAULT = 200;

export interface ChunkerSettings {
  /** `structure` follows headings and keeps its cuts under edits; `recursive` packs from the front. */
  readonly kind: "structure" | "recursive";
  /** The most tokens of a chunk, those the model adds at both ends not included. */
  readonly tokensMax: number;
  /** The most chunks of a document; its manifest lists them all. */
  readonly chunksMax: number;
}

export interface Chunk {
  /** What is embedded and shown. A heading stands at the head of its section's first chunk alone. */
  readonly text: string;
  /** The headings that all of it stands under, outermost first. */
  readonly heading: readonly string[];
}

/** The document has more chunks than allowed. */
export class ChunkLimitError extends RangeError {
  override name = "ChunkLimitError";
  readonly chunksMax: number;

  constructor(chunksMax: number) {
    super(`the document has more than ${chunksMax} chunks (chunksMax)`);
    this.chunksMax = chunksMax;
  }
}

/**
 * Cuts a document into chunks of at most `tokensMax` tokens, the same every time. Joined, they hold
 * every character of its title and blocks but white space, in order. A document without text has none.
 *
 * `countTokens` is the model's own count without special tokens. It sees each character about twice:
 * once in its unit, once in the finished chunk, which is cut again should the sum have misled.
 *
 * Throws `ChunkLimitError` past `chunksMax`.
 */
export function chunkDocument({
  text,
  countTokens,
  settings,
}: {
  readonly text: StructuredText;
  readonly countTokens: CountTokens;
  readonly settings: ChunkerSettings;
}): readonly Chunk[] {
  const { tokensMax, chunksMax } = settings;
  const units = unitsOf(text, { countTokens, tokensMax });
  const chunks: Chunk[] = [];
  const add = (some: readonly ChunkUnit[], sizeMax: number): void => {
    for (const { start, end } of cutsOf(some, { ...settings, tokensMax: sizeMax })) {
      const part = some.slice(start, end);
      const chunk = chunkOf(part);
      if (chunk.text === "") continue;
      if (chunks.length >= chunksMax) throw new ChunkLimitError(chunksMax);
      if (part.length === 1 || sizeOf(chunk.text, countTokens) <= tokensMax) chunks.push(chunk);
      else add(part, Math.max(1, Math.floor(sumOf(part) / 2)));
    }
  };
  add(units, tokensMax);
  return chunks;
}

function cutsOf(units: readonly ChunkUnit[], settings: ChunkerSettings): readonly Stretch[] {
  switch (settings.kind) {
    case "structure":
      return contentDefinedCuts(units, settings);
    case "recursive":
      return recursiveCuts(units, settings);
  }
}

function sumOf(units: readonly ChunkUnit[]): number {
  return units.reduce((sum, unit) => sum + unit.size, 0);
}

function chunkOf(units: readonly ChunkUnit[]): Chunk {
  const text = units.map((unit, index) => (index === 0 ? "" : unit.glue) + unit.text).join("");
  // Blanks before the first line stay: they are the indentation of code.
  return { text: text.replace(/^(?:[^\S\n]*\n)+/u, "").trimEnd(), heading: commonPath(units) };
}

/** What all units stand under; a heading that others follow does not count for itself. */
function commonPath(units: readonly ChunkUnit[]): readonly string[] {
  const body = units.filter((unit) => !unit.isHeading);
  const [first, ...others] = body.length === 0 ? units : body;
  let common = first?.path ?? [];
  for (const { path } of others) {
    if (path === common) continue;
    const differs = common.findIndex((heading, depth) => heading !== path[depth]);
    if (differs >= 0) common = common.slice(0, differs);
  }
  return common;
}
