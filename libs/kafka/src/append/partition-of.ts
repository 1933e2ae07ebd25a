/**
 * The partition of a key, as Kafka's own producers choose it: others who write with the same key,
 * such as a Debezium connector, meet ours in one partition, and so in one order.
 */
const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;
const shift = 24;

export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fff_ffff) % partitions;
}

/** Murmur2 of 32 bits, with the seed that Kafka has. */
export function murmur2(data: Buffer): number {
  const whole = data.length & ~3;
  let hash = seed ^ data.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(data.readInt32LE(at), multiplier);
    word = Math.imul(word ^ (word >>> shift), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  if (whole < data.length) {
    for (let at = data.length - 1; at >= whole; at -= 1) {
      hash ^= data.readUInt8(at) << (8 * (at - whole));
    }
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
