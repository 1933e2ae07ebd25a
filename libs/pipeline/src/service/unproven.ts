/** What was observed of a source and is not proven to be applied, and since when. */
export interface Standing {
  /** Whether it is compared by scans; what is pushed is in the log at once. */
  readonly isListed: boolean;
  /** Everything before this time has passed; null while unknown. */
  readonly completeUpToMs: number | null;
  readonly observedUpToMs: number | null;
}

/** What is listed is observed by a scan, and proven when its marker has passed; what is pushed, at once. */
export function unprovenSince(standing: Standing): number | null {
  const { completeUpToMs, isListed, observedUpToMs } = standing;
  if (!isListed || completeUpToMs === null) return completeUpToMs;
  return observedUpToMs !== null && completeUpToMs < observedUpToMs ? observedUpToMs : null;
}

/** Markers are sent each second, and told from one process to the others each second. */
const markersMs = 3_000;

/**
 * Whether a restriction may not hold yet that was made longer ago than the objective allows: those
 * that were applied came late, or nothing proves that those that came since are applied.
 */
export function areRestrictionsLate(input: {
  /** By how much restrictions were late that were applied; null without any. */
  readonly lagMs: number | null;
  /** Of each source: up to when the restrictor has passed everything. */
  readonly restricted: readonly Standing[];
  readonly withinMs: number;
  readonly nowMs: number;
}): boolean {
  const { lagMs, nowMs, restricted, withinMs } = input;
  if (lagMs !== null && lagMs > withinMs) return true;
  return restricted.some((standing) => {
    const sinceMs = unprovenSince(standing);
    return sinceMs !== null && nowMs - sinceMs > withinMs + markersMs;
  });
}
