/** What is pending, as it is told: how much, since when, at which stage, and what it waits for. */
import { everyTenant } from "@tidemark/domain";
import type {
  BudgetView,
  ChangeKind,
  DocumentId,
  EmbeddingAge,
  PendingChange,
  SourceName,
} from "@tidemark/domain";
import type { ObjectiveView } from "./freshness-accounts.ts";
import type { ProbeView } from "./probe.ts";

export type { BudgetView };

/** The way of a change, in order. */
export const wayStages = ["observe", "queue", "chunk", "embed", "write", "visible"] as const;
export type WayStage = (typeof wayStages)[number];

export const parts = [
  "source",
  "log",
  "resolver",
  "restrictor",
  "chunker",
  "embedder",
  "upserter",
  "index",
] as const;
export type Part = (typeof parts)[number];

/** Null while it answers, else what is wrong with it. */
export type Troubles = Readonly<Partial<Record<Part, string | null>>>;

export interface OldestPending {
  readonly documentId: DocumentId;
  readonly tenant: string | null;
  readonly kind: ChangeKind;
  readonly sinceMs: number;
  readonly stage: WayStage;
  /** Whose turn it is. */
  readonly waitsFor: Part;
  /** What is wrong with that, where something is known to be. */
  readonly trouble: string | null;
}

export interface TenantPending {
  readonly tenant: string;
  readonly pending: number;
  readonly sinceMs: number;
}

/** What is followed one by one, for watermarks of tenants. */
export interface Followed {
  /** Every change that was on the log by then is. */
  readonly toMs: number;
  /** When something was last seen that is not: of a snapshot, or one of too many. */
  readonly unfollowedAtMs: number;
  /**
   * Of each tenant with objectives of its own: since when a change waits that is its own, every
   * tenant's, or nobody knows whose.
   */
  readonly waiting: readonly { readonly tenant: string; readonly sinceMs: number | null }[];
}

export interface SourcePending {
  readonly source: SourceName;
  /** Changes on their way. */
  readonly pending: number;
  /** Of those, whose target has passed. */
  readonly late: number;
  readonly restrictionsLate: number;
  readonly oldest: OldestPending | null;
  readonly stages: Readonly<Record<WayStage, number>>;
  readonly tenants: readonly TenantPending[];
  readonly objectives: readonly ObjectiveView[];
  readonly followed: Followed;
  /** Null of a source without a vector, and while they were not counted. */
  readonly embeddingAge: EmbeddingAge | null;
  /** How the source's probe went last; null where it has none, or none that is decided. */
  readonly probe: ProbeView | null;
}

const tenantsMax = 50;

/**
 * The part whose turn it is:
 *
 *   waits since                    part                    unless
 *   a hint tells of it             the resolver            its source is in trouble
 *   its mutation is on the log     the restrictor when     the index is in trouble
 *                                  it embeds nothing,
 *                                  else the chunker
 *   its chunks are on the log      the upserter            embedder or index are in trouble
 *
 * and the log before all of them when it does not answer.
 */
export function waitsFor(change: Pick<PendingChange, "kind" | "stage">, troubles: Troubles): Part {
  if (troubles.log) return "log";
  if (change.stage === "observe") {
    return troubles.source && !troubles.resolver ? "source" : "resolver";
  }
  if (troubles.index) return "index";
  if (change.kind === "restriction") return "restrictor";
  if (change.stage === "queue") return troubles.source && !troubles.chunker ? "source" : "chunker";
  return troubles.embedder ? "embedder" : "upserter";
}

export function describePending(
  source: SourceName,
  changes: readonly PendingChange[],
  around: {
    readonly nowMs: number;
    /** How long a change may wait for others before it is cut. */
    readonly windowMs: number;
    readonly troubles: Troubles;
    readonly objectives: readonly ObjectiveView[];
    readonly unfollowedAtMs: number;
    readonly embeddingAge: EmbeddingAge | null;
    readonly probe: ProbeView | null;
  },
): SourcePending {
  const { embeddingAge, nowMs, objectives, probe, troubles, windowMs } = around;
  const stages = Object.fromEntries(wayStages.map((stage) => [stage, 0])) as Record<
    WayStage,
    number
  >;
  const stageOf = (change: PendingChange): WayStage => {
    if (change.stage === "observe") return "observe";
    if (change.kind === "restriction") return "write";
    if (change.stage === "queue") return nowMs - change.beganAtMs > windowMs ? "chunk" : "queue";
    return troubles.index ? "write" : "embed";
  };
  let oldest: PendingChange | null = null;
  const tenants = new Map<string, { pending: number; sinceMs: number }>();
  for (const change of changes) {
    stages[stageOf(change)] += 1;
    if (!oldest || change.beganAtMs < oldest.beganAtMs) oldest = change;
    if (change.tenant === null) continue;
    const known = tenants.get(change.tenant) ?? { pending: 0, sinceMs: change.beganAtMs };
    const sinceMs = Math.min(known.sinceMs, change.beganAtMs);
    tenants.set(change.tenant, { pending: known.pending + 1, sinceMs });
  }
  const late = changes.filter(({ isLate }) => isLate);
  const part = oldest && waitsFor(oldest, troubles);
  return {
    source,
    pending: changes.length,
    late: late.length,
    restrictionsLate: late.filter(({ kind }) => kind === "restriction").length,
    oldest: oldest &&
      part && {
        documentId: oldest.documentId,
        tenant: oldest.tenant,
        kind: oldest.kind,
        sinceMs: oldest.beganAtMs,
        stage: stageOf(oldest),
        waitsFor: part,
        trouble: troubles[part] ?? null,
      },
    stages,
    tenants: [...tenants]
      .map(([tenant, each]) => ({ tenant, ...each }))
      .sort((a, b) => a.sinceMs - b.sinceMs)
      .slice(0, tenantsMax),
    objectives,
    followed: {
      toMs: nowMs,
      unfollowedAtMs: around.unfollowedAtMs,
      waiting: waitingOf(changes, objectives),
    },
    embeddingAge,
    probe,
  };
}

function waitingOf(
  changes: readonly PendingChange[],
  objectives: readonly ObjectiveView[],
): Followed["waiting"] {
  const named = new Set(objectives.flatMap(({ tenant }) => (tenant === null ? [] : [tenant])));
  return [...named].map((tenant) => {
    const own = changes.filter((each) => [tenant, everyTenant, null].includes(each.tenant));
    const sinceMs = own.reduce<number | null>(
      (least, { beganAtMs }) => Math.min(least ?? beganAtMs, beganAtMs),
      null,
    );
    return { tenant, sinceMs };
  });
}
