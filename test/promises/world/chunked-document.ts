/** What a chunker publishes for a document, made by hand. */
import {
  digestOf,
  hashChunk,
  placeChunks,
  sha256Hex,
  type GenerationId,
  type Permissions,
} from "@tidemark/domain";
import type { ChunkPart } from "@tidemark/pipeline";
import { aMutation, anId, atMs } from "@tidemark/testing";

export interface ChunkedDocument {
  readonly revision: number;
  /** A chunk for each paragraph. */
  readonly text: string;
  /** Chunks in a part; all of them when absent. */
  readonly perPart?: number;
  readonly permissions?: Permissions;
  /** Points are verified and written anew, also of what is live. */
  readonly forced?: boolean;
}

export function someParts(
  key: string,
  { revision, text, perPart, permissions, forced }: ChunkedDocument,
  generation: GenerationId,
): readonly ChunkPart[] {
  const documentId = anId(key);
  const mutation = aMutation({
    documentId,
    revision,
    text: null,
    ...(permissions ? { permissions } : {}),
  });
  const chunks = text.split("\n\n").map((paragraph) => hashChunk({ text: paragraph, heading: [] }));
  const size = perPart ?? chunks.length;
  const parts = Math.ceil(chunks.length / size);
  return Array.from({ length: parts }, (_, part) => ({
    mutation,
    contentHash: sha256Hex(text),
    title: null,
    characters: text.length,
    part,
    parts,
    chunks: chunks.slice(part * size, (part + 1) * size),
    repetitions: chunks.slice(part * size, (part + 1) * size).map(() => 0),
    digests:
      part === parts - 1
        ? placeChunks(generation, documentId, chunks).map(({ id }) => digestOf(id))
        : null,
    forced: forced ?? false,
    chunkedAtMs: atMs,
    chunkMs: 0,
  }));
}
