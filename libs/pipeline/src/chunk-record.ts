/**
 * A document's chunks on their way from the chunker to the upserter, in parts of a bounded size.
 * The last part lists the digests of all, so that the commit knows the whole document.
 */
import {
  packDigests,
  placeChunks,
  unpackDigests,
  type DocumentId,
  type GenerationId,
  type HashedChunk,
  type Mutation,
  type PointDigest,
} from "@tidemark/domain";
import { PoisonError } from "./errors.ts";

export type UpsertMutation = Extract<Mutation, { kind: "upsert" }>;

export interface ChunkPart {
  /** The mutation without its content, which the chunks replace. */
  readonly mutation: UpsertMutation;
  readonly contentHash: string;
  readonly title: string | null;
  readonly characters: number;
  /** From 0. */
  readonly part: number;
  readonly parts: number;
  readonly chunks: readonly HashedChunk[];
  /** How many equal chunks stand in earlier parts, by chunk hash, for those of this part. */
  readonly repetitions: readonly number[];
  /** Of the whole document, in the last part alone. */
  readonly digests: readonly PointDigest[] | null;
  readonly forced: boolean;
  readonly chunkedAtMs: number;
  /** Milliseconds spent fetching, extracting and cutting. */
  readonly chunkMs: number;
}

/** Of text in one part; with hashes and JSON a record stays below 512 KB. */
export const partCharactersMax = 120_000;

/** Cuts a document's chunks into parts; a document without chunks is one empty part. */
export function partsOf(
  document: Omit<ChunkPart, "part" | "parts" | "chunks" | "repetitions" | "digests">,
  chunks: readonly HashedChunk[],
  generation: GenerationId,
): ChunkPart[] {
  const groups: HashedChunk[][] = [[]];
  let characters = 0;
  for (const chunk of chunks) {
    const size = chunk.text.length + chunk.heading.join("").length;
    if (characters > 0 && characters + size > partCharactersMax) {
      groups.push([]);
      characters = 0;
    }
    groups.at(-1)?.push(chunk);
    characters += size;
  }
  const before = new Map<string, number>();
  const digests: PointDigest[] = [];
  return groups.map((group, part) => {
    const repetitions = group.map((chunk) => before.get(chunk.chunkHash) ?? 0);
    const placed = placeChunks(generation, document.mutation.documentId, group, before);
    digests.push(...placed.map((chunk) => chunk.digest));
    const isLast = part === groups.length - 1;
    return {
      ...document,
      part,
      parts: groups.length,
      chunks: group,
      repetitions,
      digests: isLast ? [...digests] : null,
    };
  });
}

export function encodeChunkPart(part: ChunkPart): string {
  const { digests, chunks, ...rest } = part;
  return JSON.stringify({
    v: 1,
    ...rest,
    chunks: chunks.map((chunk) => [chunk.text, chunk.heading, chunk.textHash, chunk.chunkHash]),
    digests: digests && Buffer.from(packDigests(digests)).toString("base64"),
  });
}

/** Our own chunker wrote it, so that its shape is trusted once its version is known. */
export function decodeChunkPart(value: string): ChunkPart {
  const raw = JSON.parse(value) as Omit<ChunkPart, "chunks" | "digests"> & {
    readonly v: number;
    readonly chunks: readonly (readonly [string, readonly string[], string, string])[];
    readonly digests: string | null;
  };
  if (raw.v !== 1) {
    throw new PoisonError("unreadable-event", `chunk record of version ${raw.v}, expected 1`);
  }
  const { v: _v, chunks, digests, ...rest } = raw;
  return {
    ...rest,
    chunks: chunks.map(([text, heading, textHash, chunkHash]) => ({
      text,
      heading,
      textHash,
      chunkHash,
    })),
    digests: digests === null ? null : unpackDigests(Buffer.from(digests, "base64")),
  };
}

/** The counts that `placeChunks` needs to place one part by itself. */
export function repetitionsBefore(part: ChunkPart): Map<string, number> {
  const before = new Map<string, number>();
  for (const [at, chunk] of part.chunks.entries()) {
    if (!before.has(chunk.chunkHash)) before.set(chunk.chunkHash, part.repetitions[at] ?? 0);
  }
  return before;
}

export function documentOf(part: ChunkPart): DocumentId {
  return part.mutation.documentId;
}
