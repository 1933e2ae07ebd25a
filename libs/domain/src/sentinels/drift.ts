/** How far vectors and neighbours have moved, and what of it is fine. */

/** Cosine distances between a sentinel's vector and its baseline. */
export const driftBounds = {
  /** Equal but for rounding: what no change of model, tokenizer or text leaves behind. */
  stillMax: 0.001,
  fineMax: 0.005,
  investigateMin: 0.02,
  severeMin: 0.05,
} as const;

/** Shares of the top 10 in common. */
export const overlapBounds = { healthyMin: 0.85, lossBelow: 0.7 } as const;

/** Share of the true neighbours that the approximate search finds. */
export const recallBounds = { fineMin: 0.95 } as const;

export const topK = 10;

/** From 0, the same direction, to 2, the opposite; 2 for what cannot be compared. */
export function cosineDistance(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return 2;
  let [product, leftSquares, rightSquares] = [0, 0, 0];
  for (let at = 0; at < left.length; at += 1) {
    const [a, b] = [left[at] ?? 0, right[at] ?? 0];
    product += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  const cosine = product / Math.sqrt(leftSquares * rightSquares);
  return Number.isFinite(cosine) ? Math.max(0, 1 - cosine) : 2;
}

/** The value that a share of all does not exceed; 0 of none. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** A question's nearest points, best first, with what has to be known to compare them later. */
export interface Neighbour {
  readonly id: string;
  readonly score: number;
}

/**
 * How many of the true nearest an approximate search found. What is as near as the last one that
 * counts is as good as it: equal texts have equal vectors.
 */
export function trueNeighboursFound(
  exact: readonly Neighbour[],
  approximate: readonly Neighbour[],
): { readonly wanted: number; readonly found: number } {
  const best = exact.slice(0, topK);
  const last = best.at(-1)?.score ?? 0;
  const found = approximate.slice(0, best.length);
  const ids = new Set(best.map(({ id }) => id));
  const good = found.filter(({ id, score }) => ids.has(id) || score >= last - tieMax);
  return { wanted: best.length, found: Math.min(best.length, good.length) };
}

const tieMax = 1e-6;

/**
 * The share of an earlier top 10 that is still there. What left the index since, and what came to
 * it since, is not counted: a corpus that is edited has other neighbours, and nothing is wrong.
 * Null where nothing is left to compare.
 */
export function neighbourOverlap(
  before: readonly { readonly id: string; readonly isGone: boolean }[],
  now: readonly { readonly id: string; readonly isNew: boolean }[],
): number | null {
  const kept = before.filter(({ isGone }) => !isGone);
  if (kept.length === 0) return null;
  const current = new Set(
    now
      .filter(({ isNew }) => !isNew)
      .slice(0, kept.length)
      .map(({ id }) => id),
  );
  return kept.filter(({ id }) => current.has(id)).length / kept.length;
}

export function meanOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
