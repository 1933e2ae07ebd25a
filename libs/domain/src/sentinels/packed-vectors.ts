/**
 * Vectors as text, in 16 bits a number: a baseline is kept in the log, and is compared, not searched.
 * What rounding adds to a cosine distance is below one in a million.
 */
const levels = 32_767;

export function packVector(vector: Float32Array): string {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const packed = Int16Array.from(vector, (value) =>
    largest === 0 ? 0 : Math.round((value / largest) * levels),
  );
  return Buffer.from(packed.buffer).toString("base64");
}

/** Of the same direction; its length is not kept. */
export function unpackVector(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(at * 2));
}
