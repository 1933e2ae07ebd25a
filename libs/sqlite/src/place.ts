/** Where a record stands: see the schema. A topic's lanes are consecutive. */
export const placesPerLane = 2 ** 38;
export const lanesMax = 2 ** 15;

export function placeOf(lane: number, offset: number): number {
  return lane * placesPerLane + offset;
}

export function offsetOf(place: number): number {
  return place % placesPerLane;
}

export function laneOf(place: number): number {
  return Math.floor(place / placesPerLane);
}

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** The partition of a key: FNV-1a of its UTF-8 bytes. Never to change: order within a key is by it. */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = fnvOffset;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, fnvPrime);
  return (hash >>> 0) % partitions;
}
