/** What is stored for a chunk, and how its identity follows from its content. */
import { createHash } from "node:crypto";
import type { DocumentId, GenerationId, PointDigest, PointId, SourceName } from "./ids.ts";
import type { Revision } from "./revision.ts";

/** A chunk with its hashes, as it travels from the chunker to the upserter. */
export interface HashedChunk {
  readonly text: string;
  readonly heading: readonly string[];
  /** Of the text alone: equal text may share a vector. */
  readonly textHash: string;
  /** Of text and heading: the chunk's identity within its document. */
  readonly chunkHash: string;
}

export interface Point {
  readonly id: PointId;
  readonly documentId: DocumentId;
  readonly source: SourceName;
  /** The revision that wrote the point last; never lowered. */
  readonly revision: Revision;
  readonly text: string;
  readonly heading: readonly string[];
  readonly textHash: string;
  readonly chunkHash: string;
  readonly vector: Float32Array;
  /** Vectors are shared within one tenant only. */
  readonly tenant: string;
  readonly embeddedAtMs: number;
}

export function sha256Hex(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex");
}

export function hashChunk(chunk: {
  readonly text: string;
  readonly heading: readonly string[];
}): HashedChunk {
  return {
    text: chunk.text,
    heading: chunk.heading,
    textHash: sha256Hex(chunk.text).slice(0, 32),
    chunkHash: sha256Hex(chunk.text, ...chunk.heading).slice(0, 32),
  };
}

/** Content-addressed: the same chunk of the same document has the same id in every attempt. */
export function pointId(input: {
  readonly generation: GenerationId;
  readonly documentId: DocumentId;
  readonly chunkHash: string;
  /** How many equal chunks stand before this one in the document. */
  readonly repetition: number;
}): PointId {
  const hex = sha256Hex(
    input.generation,
    input.documentId,
    input.chunkHash,
    String(input.repetition),
  );
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  // Version 8 of RFC 9562: a UUID whose bits are the application's own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}` as PointId;
}

export function digestOf(id: PointId): PointDigest {
  return (id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18)) as PointDigest;
}

export const digestBytes = 8;

/** Packs digests into 8 bytes each: a manifest of 5,000 chunks is 40 KB, not 400. */
export function packDigests(digests: readonly PointDigest[]): Uint8Array {
  return Uint8Array.from(Buffer.from(digests.join(""), "hex"));
}

/** @throws RangeError when the bytes are no whole number of digests. */
export function unpackDigests(packed: Uint8Array): PointDigest[] {
  if (packed.byteLength % digestBytes !== 0) throw new RangeError("packed digests are cut off");
  const hex = Buffer.from(packed).toString("hex");
  return Array.from({ length: packed.byteLength / digestBytes }, (_, index) =>
    hex.slice(index * 16, index * 16 + 16),
  ) as PointDigest[];
}
