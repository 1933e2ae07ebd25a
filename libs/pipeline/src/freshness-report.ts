/** How far behind its sources the index is, as whoever asks is told. */
import type { EmbeddingAge, SourceName } from "@tidemark/domain";
import type { Part, SourcePending } from "./service/pending-view.ts";
import type { ProbeView } from "./service/probe.ts";

export interface SourceFreshness {
  readonly source: SourceName;
  readonly kind: string;
  readonly documents: number;
  readonly searchable: number;
  readonly chunks: number;
  readonly pending: number;
  readonly oldestPendingMs: number | null;
  readonly held: number;
  /** Documents that are there and cannot be read now. */
  readonly blocked: number;
  readonly failed: number;
  readonly completeUpToMs: number | null;
  /** Of a listed source: all that events told of before it is applied; null while unknown. */
  readonly heardUpToMs: number | null;
  readonly observedUpToMs: number | null;
  /** Null when it cannot be said. */
  readonly lagMs: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly objective: {
    readonly share: number;
    readonly withinMs: number;
    readonly met: number | null;
  };
  /** Changes on their way and the budgets; null when whoever counts them has said nothing lately. */
  readonly pendingChanges: Omit<
    SourcePending,
    "embeddingAge" | "followed" | "probe" | "restrictionsLate" | "source"
  > | null;
  /** Those with objectives of their own. */
  readonly tenants: readonly {
    readonly tenant: string;
    readonly completeUpToMs: number | null;
    readonly lagMs: number | null;
  }[];
  /** Of the vectors that are stored; null of none, and while whoever counts has said nothing lately. */
  readonly embeddingAge: EmbeddingAge | null;
  /** How the source's probe went last; null where it has none, or whoever runs it is not heard of. */
  readonly probe: ProbeView | null;
  readonly verdict: "met" | "late" | "breached" | "unknown";
}

export interface FreshnessReport {
  readonly atMs: number;
  readonly verdict: "met" | "late" | "breached" | "unknown";
  readonly sources: readonly SourceFreshness[];
  readonly restrictionLagMs: number | null;
  /** Parts that do not answer, or that say what they wait for. */
  readonly troubles: readonly { readonly part: Part; readonly trouble: string }[];
}

/**
 * Whether a change waits past its objective at this moment. What was late and is found since says
 * nothing of how the pipeline does now.
 */
export function isLateNow({
  pendingChanges,
  verdict,
}: Pick<SourceFreshness, "pendingChanges" | "verdict">): boolean {
  return pendingChanges ? pendingChanges.late > 0 : verdict === "late" || verdict === "breached";
}
