import { PoisonError } from "@tidemark/pipeline";

/** Further from unit length than rounding explains. */
const lengthToleranceMax = 1e-4;

/**
 * Returns the vector with unit length. Throws `PoisonError("bad-vector")` for a wrong width, a
 * number that is not finite, or a length of zero.
 */
export function checkedVector(values: Float32Array, dimension: number): Float32Array {
  if (values.length !== dimension) {
    throw new PoisonError(
      "bad-vector",
      `the model gave ${values.length} numbers where ${dimension} are expected`,
    );
  }
  let squares = 0;
  for (const value of values) squares += value * value;
  // One number that is not finite makes the sum so.
  if (!Number.isFinite(squares)) {
    throw new PoisonError("bad-vector", "the model gave a number that is not finite");
  }
  if (squares === 0) throw new PoisonError("bad-vector", "the model gave a vector of length zero");
  const length = Math.sqrt(squares);
  if (Math.abs(length - 1) <= lengthToleranceMax) return values;
  return values.map((value) => value / length);
}
