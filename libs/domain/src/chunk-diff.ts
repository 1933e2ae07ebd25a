import type { DocumentId, GenerationId, PointDigest, PointId } from "./ids.ts";
import { digestOf, pointId, type HashedChunk } from "./point.ts";

export interface PlacedChunk extends HashedChunk {
  readonly id: PointId;
  readonly digest: PointDigest;
}

/** Gives each chunk its point id; equal chunks of one document differ by their repetition. */
export function placeChunks(
  generation: GenerationId,
  documentId: DocumentId,
  chunks: readonly HashedChunk[],
  seenBefore: Map<string, number> = new Map(),
): PlacedChunk[] {
  return chunks.map((chunk) => {
    const repetition = seenBefore.get(chunk.chunkHash) ?? 0;
    seenBefore.set(chunk.chunkHash, repetition + 1);
    const id = pointId({ generation, documentId, chunkHash: chunk.chunkHash, repetition });
    return { ...chunk, id, digest: digestOf(id) };
  });
}

export interface ChunkDiff {
  /** Live already, byte for byte. */
  readonly kept: readonly PlacedChunk[];
  readonly fresh: readonly PlacedChunk[];
  readonly removed: readonly PointDigest[];
}

/**
 * Compares a document's chunks with its live points. `rewrite` counts all of them as fresh: a
 * repair trusts nothing that is stored.
 */
export function diffChunks(
  placed: readonly PlacedChunk[],
  live: readonly PointDigest[],
  options: { readonly rewrite: boolean } = { rewrite: false },
): ChunkDiff {
  const before = new Set(live);
  const after = new Set(placed.map((chunk) => chunk.digest));
  const isKept = (chunk: PlacedChunk) => !options.rewrite && before.has(chunk.digest);
  return {
    kept: placed.filter(isKept),
    fresh: placed.filter((chunk) => !isKept(chunk)),
    removed: live.filter((digest) => !after.has(digest)),
  };
}
