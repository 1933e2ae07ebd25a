/** What is known of freshness: lags of what was done, and what is pending, by source. */
import {
  changedAtMs,
  LagWindow,
  tenantCompleteTo,
  verdictOf,
  type Objective,
  type Receipt,
  type SourceName,
} from "@tidemark/domain";
import type { SourceFreshness } from "../operations.ts";
import type { SourceCounts } from "../ports/vector-index.ts";

import type { SourcePending } from "./pending-view.ts";

export interface SourceObjectives {
  readonly change: Objective;
  readonly restriction: Objective;
}

export interface SourcePicture {
  readonly source: SourceName;
  readonly kind: string;
  /** What whoever counts freshness said lately; null when it said nothing. */
  readonly told: SourcePending | null;
  /** Whether the index could be asked. */
  readonly isCounted: boolean;
  readonly counts: SourceCounts | null;
  readonly held: number;
  /** Documents that are there and cannot be read: nobody knows whether they are what is indexed. */
  readonly blocked: number;
  readonly completeUpToMs: number | null;
  readonly heardUpToMs: number | null;
  readonly observedUpToMs: number | null;
  /** Since when something that was observed is not proven to be applied; null when all of it is. */
  readonly unprovenSinceMs: number | null;
  /** Nobody knows what changes in a source that cannot be listed. */
  readonly isInTrouble: boolean;
}

/** Every search asks for the restriction lag; it is worked out no more often than this. */
const rememberedMs = 1_000;

const done = new Set(["indexed", "unchanged", "hidden", "deleted"]);

export class FreshnessLedger {
  readonly #objectivesOf: (source: SourceName) => SourceObjectives;
  readonly #changes = new Map<string, LagWindow>();
  readonly #restrictions = new Map<string, LagWindow>();
  #restrictionLag: { readonly atMs: number; readonly lagMs: number | null } = {
    atMs: Number.NEGATIVE_INFINITY,
    lagMs: null,
  };

  constructor(objectivesOf: (source: SourceName) => SourceObjectives) {
    this.#objectivesOf = objectivesOf;
  }

  /** Returns the lag when the receipt says that a change can be found, or a restriction holds. */
  note(receipt: Receipt): { readonly lagMs: number; readonly isLate: boolean } | null {
    if (!done.has(receipt.outcome) || receipt.observedAtMs === null) return null;
    const beganAtMs = changedAtMs({
      sourceTimeMs: receipt.sourceTimeMs,
      observedAtMs: receipt.observedAtMs,
      // What watching missed has changed as much, and is as late as it is found.
      isChange: receipt.reason === "change" || receipt.reason === "reconcile",
    });
    const lagMs = Math.max(0, receipt.atMs - beganAtMs);
    const isContent = receipt.change === "content";
    const windows = isContent ? this.#changes : this.#restrictions;
    let window = windows.get(receipt.source);
    if (!window) {
      window = new LagWindow();
      windows.set(receipt.source, window);
    }
    window.note(lagMs, receipt.atMs);
    const objectives = this.#objectivesOf(receipt.source as SourceName);
    const objective = isContent ? objectives.change : objectives.restriction;
    return { lagMs, isLate: lagMs > objective.withinMs };
  }

  describe(picture: SourcePicture, nowMs: number): SourceFreshness {
    const { counts, source } = picture;
    const objective = this.#objectivesOf(source).change;
    const window = this.#changes.get(source);
    const oldestPendingMs = counts?.oldestPendingMs ?? null;
    const isLate = oldestPendingMs !== null && nowMs - oldestPendingMs > objective.withinMs;
    const { told } = picture;
    // A snapshot or a replay that takes its time is pending and no late change.
    const pendingLate = told ? told.late : isLate ? (counts?.pending ?? 0) : 0;
    const budget = told?.objectives.find(
      ({ kind, tenant }) => kind === "change" && tenant === null,
    );
    const counted = budget ?? window?.tally(objective.withinMs, nowMs) ?? { good: 0, late: 0 };
    const { verdict, met } = verdictOf({
      objective,
      isKnown: picture.completeUpToMs !== null && picture.isCounted,
      good: counted.good,
      // What is pending and late burns the budget already.
      late: budget ? Math.max(0, counted.late - pendingLate) : counted.late,
      pendingLate,
    });
    const { blocked, isInTrouble, unprovenSinceMs } = picture;
    const isStalled = unprovenSinceMs !== null && nowMs - unprovenSinceMs > objective.withinMs;
    return {
      source,
      kind: picture.kind,
      documents: counts?.documents ?? 0,
      searchable: counts?.searchable ?? 0,
      chunks: counts?.chunks ?? 0,
      pending: counts?.pending ?? 0,
      oldestPendingMs,
      held: picture.held,
      blocked,
      failed: counts?.failed ?? 0,
      completeUpToMs: picture.completeUpToMs,
      heardUpToMs: picture.heardUpToMs,
      observedUpToMs: picture.observedUpToMs,
      lagMs: lagOf(picture, oldestPendingMs, nowMs),
      p50Ms: window?.percentileMs(0.5, nowMs) ?? null,
      p99Ms: window?.percentileMs(0.99, nowMs) ?? null,
      objective: { share: objective.share, withinMs: objective.withinMs, met },
      pendingChanges: told && {
        pending: told.pending,
        late: told.late,
        oldest: told.oldest,
        stages: told.stages,
        tenants: told.tenants,
        objectives: told.objectives,
      },
      tenants: tenantsOf(picture, nowMs),
      embeddingAge: told?.embeddingAge ?? null,
      probe: told?.probe ?? null,
      // Where nothing comes through, nothing is late: that is no proof that all is well.
      verdict: verdict === "met" && (isStalled || isInTrouble || blocked > 0) ? "unknown" : verdict,
    };
  }

  /** The worst 99th percentile of restrictions over all sources; null without any. */
  restrictionLagMs(nowMs: number): number | null {
    if (Math.abs(nowMs - this.#restrictionLag.atMs) < rememberedMs) {
      return this.#restrictionLag.lagMs;
    }
    const lags = [...this.#restrictions.values()].flatMap(
      (window) => window.percentileMs(0.99, nowMs) ?? [],
    );
    this.#restrictionLag = { atMs: nowMs, lagMs: lags.length === 0 ? null : Math.max(...lags) };
    return this.#restrictionLag.lagMs;
  }
}

/** None while whoever follows changes says nothing. */
function tenantsOf(
  { completeUpToMs, observedUpToMs, told }: SourcePicture,
  nowMs: number,
): SourceFreshness["tenants"] {
  if (!told) return [];
  const { toMs: followedToMs, unfollowedAtMs, waiting } = told.followed;
  return waiting.map(({ sinceMs: waitingSinceMs, tenant }) => {
    const toMs = tenantCompleteTo({
      completeUpToMs,
      observedUpToMs,
      waitingSinceMs,
      followedToMs,
      unfollowedAtMs,
    });
    return {
      tenant,
      completeUpToMs: toMs,
      lagMs: toMs === null ? null : Math.max(0, nowMs - toMs),
    };
  });
}

/** How far behind the index may be: since the oldest pending change, or since the last proof. */
function lagOf(
  picture: SourcePicture,
  oldestPendingMs: number | null,
  nowMs: number,
): number | null {
  if (picture.completeUpToMs === null) return null;
  const since = Math.min(picture.completeUpToMs, oldestPendingMs ?? Number.POSITIVE_INFINITY);
  return Math.max(0, nowMs - since);
}
