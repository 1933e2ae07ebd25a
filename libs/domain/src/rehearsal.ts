/** When a runbook was last practised, and what came of it: kept in the log for whoever asks. */
export const runbookNames = ["stale-embeddings", "partial-corruption"] as const;
export type RunbookName = (typeof runbookNames)[number];

export const rehearsalOutcomes = ["passed", "failed"] as const;
export type RehearsalOutcome = (typeof rehearsalOutcomes)[number];

export interface RehearsedStep {
  readonly step: string;
  readonly outcome: string;
  readonly tookMs: number;
  readonly detail: string;
}

export interface Rehearsal {
  readonly runbook: RunbookName;
  readonly outcome: RehearsalOutcome;
  /** Why it failed; null when it passed. */
  readonly reason: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Documents of the copy it ran on. */
  readonly documents: number;
  /** Of those, that were damaged for it. */
  readonly damaged: number;
  readonly steps: readonly RehearsedStep[];
}

/** Practised longer ago than this, people and program have changed meanwhile. */
export const rehearsedWithinMs = 90 * 24 * 3_600_000;

export type RehearsalStanding = "never" | "failed" | "old" | "practised";

/**
 *   the last one   began                standing
 *   none           -                    never
 *   failed         any                  failed
 *   passed         too long ago         old
 *   passed         lately               practised
 */
export function rehearsalStanding(last: Rehearsal | null, nowMs: number): RehearsalStanding {
  if (!last) return "never";
  if (last.outcome === "failed") return "failed";
  return nowMs - last.endedAtMs > rehearsedWithinMs ? "old" : "practised";
}
