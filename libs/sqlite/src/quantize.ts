/**
 * Vectors as 8-bit codes, with the error that this makes. The error of a dot product is at most the
 * length of what rounding took away (Cauchy and Schwarz), so codes alone say which vectors cannot
 * be among the nearest, for certain.
 */
export interface Quantized {
  /** Code times scale is the vector, made one long, but for the residual. */
  readonly scale: number;
  /** Length of the difference between vector and codes. */
  readonly residual: number;
}

const codeMax = 127;
const shortMax = 32_767;
/** The sum of products must not pass 31 bits. */
const sumMax = 2 ** 31 * 0.99;

/** Writes the vector's codes; the rest of `codes` is not touched. */
export function quantizeVector(vector: Float32Array, codes: Int8Array): Quantized {
  let squares = 0;
  let largest = 0;
  for (let index = 0; index < vector.length; index += 1) {
    const value = vector[index] as number;
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  // A vector without a direction is as far from everything.
  if (!(largest > 0) || !Number.isFinite(squares)) {
    codes.fill(0, 0, vector.length);
    return { scale: 0, residual: 0 };
  }
  const toCode = codeMax / largest;
  let lost = 0;
  for (let index = 0; index < vector.length; index += 1) {
    const exact = (vector[index] as number) * toCode;
    const code = Math.round(exact);
    codes[index] = code;
    lost += (exact - code) * (exact - code);
  }
  const length = Math.sqrt(squares);
  return { scale: 1 / (toCode * length), residual: Math.sqrt(lost) / (toCode * length) };
}

/** As `quantizeVector`, in 16 bits: what is asked for is rounded so finely that it hardly counts. */
export function quantizeQuery(vector: Float32Array, codes: Int16Array): Quantized {
  const length = Math.hypot(...vector);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest > 0) || !Number.isFinite(length)) return { scale: 0, residual: 0 };
  const longest = sumMax / (codeMax * Math.sqrt(vector.length));
  const toCode = Math.min(shortMax / largest, longest / length);
  let lost = 0;
  for (const [index, value] of vector.entries()) {
    const code = Math.round(value * toCode);
    codes[index] = code;
    lost += (value * toCode - code) ** 2;
  }
  return { scale: 1 / (toCode * length), residual: Math.sqrt(lost) / (toCode * length) };
}
