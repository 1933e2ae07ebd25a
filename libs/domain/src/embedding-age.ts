/**
 * How old the vectors of an index are, from how many of them are of which age. Ages are counted in
 * stretches that grow with age, so that a few dozen numbers hold any index, and a percentile is off
 * by a bounded share of itself.
 */

const minuteMs = 60_000;
const yearMs = 365 * 24 * 3_600_000;
const oldestBoundMs = 20 * yearMs;

/** A percentile is off by at most this share of itself, or by a minute where that is more. */
export const ageErrorMax = 0.25;

/** Where one stretch of ages ends and the next begins, in milliseconds: from a minute on. */
export const ageBoundsMs: readonly number[] = boundsFrom([minuteMs]);

export interface EmbeddingAge {
  /** When this was counted, in milliseconds since 1970. */
  readonly atMs: number;
  readonly points: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly oldestMs: number;
}

/** The bounds as times, rising: what was embedded before the first is older than all of them. */
export function ageBoundsAt(nowMs: number): readonly number[] {
  return ageBoundsMs.map((ageMs) => nowMs - ageMs).toReversed();
}

/**
 * @param counts by `ageBoundsAt(atMs)`: before the first bound, between one and the next, and from
 *   the last on, what was embedded after `atMs` included
 * @returns null of no points
 */
export function embeddingAgeOf(counts: readonly number[], atMs: number): EmbeddingAge | null {
  const byAge = counts.toReversed();
  const points = byAge.reduce((sum, count) => sum + count, 0);
  if (points === 0) return null;
  const at = (share: number) => ageAt(byAge, Math.min(points - 1, Math.floor(share * points)));
  return {
    atMs,
    points,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    oldestMs: at(1),
  };
}

/** The age of the point of this rank, from 0 for the youngest; as if its stretch were filled evenly. */
function ageAt(byAge: readonly number[], rank: number): number {
  let before = 0;
  for (const [stretch, count] of byAge.entries()) {
    if (rank >= before + count) {
      before += count;
      continue;
    }
    const share = (rank - before + 0.5) / count;
    const from = ageBoundsMs[stretch - 1];
    const to = ageBoundsMs[stretch];
    if (from === undefined) return Math.round(share * minuteMs);
    return Math.round(from * ((to ?? from) / from) ** share);
  }
  throw new RangeError(`there is no point of rank ${rank}`);
}

function boundsFrom(bounds: readonly number[]): readonly number[] {
  const last = bounds.at(-1) ?? minuteMs;
  return last >= oldestBoundMs ? bounds : boundsFrom([...bounds, last * (1 + ageErrorMax)]);
}
