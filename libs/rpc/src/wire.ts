/** Values of the port ↔ values of the contract. Nothing here decides anything. */
import type { EmbedLane, EmbedRequest, EmbeddingSpace } from "@tidemark/pipeline";
import { Lane, Purpose } from "./gen/embedder/v1/embedder_pb.ts";
import type { Space } from "./gen/embedder/v1/embedder_pb.ts";

type EmbedPurpose = EmbedRequest["purpose"];

export const wireLanes: Readonly<Record<EmbedLane, Lane>> = {
  query: Lane.QUERY,
  live: Lane.LIVE,
  liveOther: Lane.LIVE_OTHER,
  backfill: Lane.BACKFILL,
};

export const wirePurposes: Readonly<Record<EmbedPurpose, Purpose>> = {
  document: Purpose.DOCUMENT,
  query: Purpose.QUERY,
};

/** Undefined for one that is not known, or was left out. */
export function laneOf(wire: number): EmbedLane | undefined {
  return keyOf(wireLanes, wire);
}

export function purposeOf(wire: number): EmbedPurpose | undefined {
  return keyOf(wirePurposes, wire);
}

function keyOf<Key extends string>(
  table: Readonly<Record<Key, number>>,
  wire: number,
): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => table[key] === wire);
}

/** @throws for a metric that this version does not know */
export function spaceOf({ $typeName: _type, $unknown: _unknown, ...space }: Space): EmbeddingSpace {
  const { metric } = space;
  if (metric !== "cosine") throw new Error(`the embedder's metric is ${metric}, not cosine`);
  return { ...space, metric };
}

/**
 * Vectors one after the other, as bytes. The contract says little-endian; so is every processor
 * that Node runs a model on.
 */
export function packVectors(vectors: readonly Float32Array[], dimension: number): Uint8Array {
  const packed = new Float32Array(vectors.length * dimension);
  for (const [at, vector] of vectors.entries()) {
    if (vector.length !== dimension) {
      throw new Error(`a vector has ${vector.length} numbers where ${dimension} are expected`);
    }
    packed.set(vector, at * dimension);
  }
  return new Uint8Array(packed.buffer);
}

/** Each vector gets memory of its own: one that is kept does not keep the others. */
export function unpackVectors(bytes: Uint8Array, dimension: number): Float32Array[] {
  const stride = dimension * Float32Array.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, byteLength } = bytes;
  return Array.from({ length: byteLength / stride }, (_, at) => {
    const from = byteOffset + at * stride;
    return new Float32Array(buffer.slice(from, from + stride) as ArrayBuffer);
  });
}
