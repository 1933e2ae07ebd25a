/**
 * Up to when all that one tenant changed in a source can be found. It may be further than the source's
 * own watermark, which the changes of everybody hold back:
 *
 *   source's watermark   something nobody follows since   a change of the tenant waits   outcome
 *   unknown              -                                -                              unknown
 *   known                yes                              -                              the source's
 *   known                no                               yes                            since when it waits
 *   known                no                               no                             what was observed and followed
 *
 * and never less than the source's, nor more than what was observed.
 */
export interface TenantStanding {
  /** Of the source as a whole; null while unknown. */
  readonly completeUpToMs: number | null;
  readonly observedUpToMs: number | null;
  /** Since when the oldest change of the tenant waits, or one of which nobody knows whose it is. */
  readonly waitingSinceMs: number | null;
  /** Up to when every change on the log is followed. */
  readonly followedToMs: number;
  /** When something was last seen that is not followed one by one, as a snapshot is not. */
  readonly unfollowedAtMs: number;
}

export function tenantCompleteTo(standing: TenantStanding): number | null {
  const { completeUpToMs, followedToMs, observedUpToMs, unfollowedAtMs, waitingSinceMs } = standing;
  if (completeUpToMs === null || observedUpToMs === null) return completeUpToMs;
  if (completeUpToMs < unfollowedAtMs) return completeUpToMs;
  const doneTo = waitingSinceMs ?? followedToMs;
  return Math.max(completeUpToMs, Math.min(observedUpToMs, followedToMs, doneTo));
}
