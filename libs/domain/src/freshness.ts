/** Lag, its distribution, and the verdict against an objective. */
export interface Objective {
  /** From 0 to 1: the share of changes that must be found in time. */
  readonly share: number;
  readonly withinMs: number;
}

export type Verdict = "met" | "late" | "breached" | "unknown";

/** A source time further back than this from its observation is a file's age, not a change's. */
const sourceTimeTrustedMs = 3_600_000;

/**
 * When the clock of a change starts: at the source's own time where that is credible, at its
 * observation otherwise. Copied files and snapshots carry old times; clocks differ and step.
 */
export function changedAtMs(change: {
  readonly sourceTimeMs: number | null;
  readonly observedAtMs: number;
  readonly isChange: boolean;
}): number {
  const { sourceTimeMs, observedAtMs, isChange } = change;
  if (!isChange || sourceTimeMs === null || sourceTimeMs > observedAtMs) return observedAtMs;
  return observedAtMs - sourceTimeMs > sourceTimeTrustedMs ? observedAtMs : sourceTimeMs;
}

interface Sample {
  readonly atMs: number;
  readonly lagMs: number;
}

/** The lags of the last changes, bounded in number and in age. */
export class LagWindow {
  readonly #samples: Sample[] = [];
  readonly #samplesMax: number;
  readonly #ageMaxMs: number;

  constructor(
    options: { readonly samplesMax: number; readonly ageMaxMs: number } = {
      samplesMax: 10_000,
      ageMaxMs: 24 * 3_600_000,
    },
  ) {
    this.#samplesMax = options.samplesMax;
    this.#ageMaxMs = options.ageMaxMs;
  }

  note(lagMs: number, atMs: number): void {
    this.#samples.push({ atMs, lagMs: Math.max(0, lagMs) });
    if (this.#samples.length > this.#samplesMax * 2) {
      this.#samples.splice(0, this.#samples.length - this.#samplesMax);
    }
  }

  /** The lag that this share of changes did not exceed; null without changes. */
  percentileMs(share: number, nowMs: number): number | null {
    const lags = this.#recent(nowMs)
      .map((sample) => sample.lagMs)
      .sort((a, b) => a - b);
    return lags[Math.min(lags.length - 1, Math.floor(share * lags.length))] ?? null;
  }

  /** Changes in time and too late; what is pending beyond the target counts as late already. */
  tally(withinMs: number, nowMs: number): { readonly good: number; readonly late: number } {
    const recent = this.#recent(nowMs);
    const good = recent.filter((sample) => sample.lagMs <= withinMs).length;
    return { good, late: recent.length - good };
  }

  #recent(nowMs: number): Sample[] {
    const since = nowMs - this.#ageMaxMs;
    return this.#samples.slice(-this.#samplesMax).filter((sample) => sample.atMs >= since);
  }
}

/**
 *   complete up to   pending past the target   share in time      outcome
 *   unknown          -                         -                  unknown
 *   known            any                       below objective    breached
 *   known            yes                       enough             late
 *   known            no                        enough or none     met
 */
export function verdictOf(input: {
  readonly objective: Objective;
  readonly isKnown: boolean;
  readonly good: number;
  readonly late: number;
  readonly pendingLate: number;
}): { readonly verdict: Verdict; readonly met: number | null } {
  const { good, late, objective, pendingLate } = input;
  const total = good + late + pendingLate;
  const met = total === 0 ? null : good / total;
  if (!input.isKnown) return { verdict: "unknown", met };
  if (met !== null && met < objective.share) return { verdict: "breached", met };
  return { verdict: pendingLate > 0 ? "late" : "met", met };
}

/** The worst verdict stands for all. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ["breached", "late", "unknown", "met"];
  return order.find((verdict) => verdicts.includes(verdict)) ?? "unknown";
}
