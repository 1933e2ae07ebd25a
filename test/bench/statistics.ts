/** What is said of a set of timings: the middle, the ends, how far apart rounds were. */

/** The nearest-rank percentile. @throws RangeError when there is nothing to take it of. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value =
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new RangeError("no values");
  return value;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Median with the least and the most: `12.1 (11.8–13.0)`. */
export function spread(values: readonly number[], digits = 1): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  if (values.length === 1) return number(middle, digits);
  return `${number(middle, digits)} (${number(least, digits)}–${number(most, digits)})`;
}

/** With thousands apart. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Of small times, more digits. */
export function ms(value: number): string {
  if (value >= 100) return number(value);
  return number(value, value >= 10 ? 1 : 2);
}

export function mebibytes(bytes: number): string {
  return number(bytes / 2 ** 20, 1);
}
