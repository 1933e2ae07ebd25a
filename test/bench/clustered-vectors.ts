/** Unit vectors in clusters, as embeddings are: neither all alike nor all at right angles. */
import { seededChance } from "@tidemark/testing";

export const dimension = 384;
const clusters = 1_000;
/** Of the noise against the centre, both of unit length. */
const noise = 0.7;

const centres = new Map<number, Float32Array>();

/** The same vector for the same seed. */
export function clusteredVector(seed: number): Float32Array {
  const chance = seededChance(seed);
  const cluster = Math.floor(chance() * clusters);
  const centre = centres.get(cluster) ?? unit(gaussian(seededChance(cluster + 1)));
  centres.set(cluster, centre);
  const own = unit(gaussian(chance));
  return unit(own.map((value, at) => (centre[at] ?? 0) + noise * value));
}

/** The same vector for the same text. */
export function vectorOfText(text: string): Float32Array {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return clusteredVector(hash >>> 0);
}

/** Sums of even chances are near enough to normal. */
function gaussian(chance: () => number): Float32Array {
  const vector = new Float32Array(dimension);
  for (let at = 0; at < dimension; at += 1) vector[at] = chance() + chance() + chance() - 1.5;
  return vector;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}
