/**
 * How many changes were in time and how many too late, by the time they were decided: in minutes for
 * what is recent, in hours for the whole window. From these the budget that is left and how fast it
 * burns, as the site reliability workbook has it.
 */
import type { Objective } from "./freshness.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A long window says that it matters, a short one that it still goes on. */
export const burnAlerts = [
  { severity: "page", longMs: hourMs, shortMs: 5 * minuteMs, rateOver: 14.4 },
  { severity: "page", longMs: 6 * hourMs, shortMs: 30 * minuteMs, rateOver: 6 },
  { severity: "ticket", longMs: 3 * dayMs, shortMs: 6 * hourMs, rateOver: 1 },
] as const;
export type BurnSeverity = (typeof burnAlerts)[number]["severity"];

export const burnWindows = [
  { name: "5m", ms: 5 * minuteMs },
  { name: "30m", ms: 30 * minuteMs },
  { name: "1h", ms: hourMs },
  { name: "6h", ms: 6 * hourMs },
  { name: "3d", ms: 3 * dayMs },
] as const;
export type BurnWindow = (typeof burnWindows)[number]["name"];

/** Windows up to this long are counted by the minute, longer ones by the hour. */
const fineMs = 6 * hourMs;

export interface Tally {
  readonly good: number;
  readonly late: number;
}

export interface BudgetView extends Tally {
  readonly objective: Objective;
  readonly overMs: number;
  /** From 0 to 1: the share in time; null without changes. */
  readonly ratio: number | null;
  /** 1 when nothing was late, 0 when all of the budget is spent, below when more than that. */
  readonly budgetLeft: number;
  /** 1 spends exactly the budget over the whole window; null without changes in that time. */
  readonly burn: Readonly<Record<BurnWindow, number | null>>;
  readonly alert: BurnSeverity | null;
}

/** `[number of the minute or hour since 1970, in time, late]`, oldest first. */
export type Buckets = readonly (readonly [at: number, good: number, late: number])[];

export interface StoredBudget {
  readonly minutes: Buckets;
  readonly hours: Buckets;
}

export class ErrorBudget {
  readonly #minutes = new Map<number, [number, number]>();
  readonly #hours = new Map<number, [number, number]>();

  constructor(stored: StoredBudget = { minutes: [], hours: [] }) {
    for (const [at, good, late] of stored.minutes) this.#minutes.set(at, [good, late]);
    for (const [at, good, late] of stored.hours) this.#hours.set(at, [good, late]);
  }

  /** A change was decided at this time. */
  note(outcome: "good" | "late", atMs: number): void {
    const place = outcome === "good" ? 0 : 1;
    bucketAt(this.#minutes, Math.floor(atMs / minuteMs))[place] += 1;
    bucketAt(this.#hours, Math.floor(atMs / hourMs))[place] += 1;
  }

  /** Of what was decided in the time before `nowMs`; its oldest bucket counts whole. */
  tally(overMs: number, nowMs: number): Tally {
    return overMs <= fineMs
      ? sum(this.#minutes, { ms: minuteMs, overMs, nowMs })
      : sum(this.#hours, { ms: hourMs, overMs, nowMs });
  }

  view(objective: Objective & { readonly overMs: number }, nowMs: number): BudgetView {
    const { overMs, share, withinMs } = objective;
    const rate = (ms: number) => {
      const { good, late } = this.tally(ms, nowMs);
      return good + late === 0 ? null : late / (good + late) / (1 - share);
    };
    const whole = this.tally(overMs, nowMs);
    const total = whole.good + whole.late;
    const burn = Object.fromEntries(burnWindows.map(({ ms, name }) => [name, rate(ms)]));
    const alert = burnAlerts.find(
      ({ longMs, rateOver, shortMs }) =>
        (rate(longMs) ?? 0) > rateOver && (rate(shortMs) ?? 0) > rateOver,
    );
    return {
      ...whole,
      objective: { share, withinMs },
      overMs,
      ratio: total === 0 ? null : whole.good / total,
      budgetLeft: total === 0 ? 1 : 1 - whole.late / total / (1 - share),
      burn: burn as Record<BurnWindow, number | null>,
      alert: alert?.severity ?? null,
    };
  }

  /** Forgets what no window reaches; what is left is bounded by the windows. */
  forget(overMs: number, nowMs: number): void {
    const hoursMs = Math.max(overMs, 3 * dayMs);
    drop(this.#minutes, Math.floor((nowMs - fineMs) / minuteMs));
    drop(this.#hours, Math.floor((nowMs - hoursMs) / hourMs));
  }

  stored(): StoredBudget {
    const listed = (buckets: ReadonlyMap<number, readonly [number, number]>): Buckets =>
      [...buckets]
        .map(([at, [good, late]]) => [at, good, late] as const)
        .sort((a, b) => a[0] - b[0]);
    return { minutes: listed(this.#minutes), hours: listed(this.#hours) };
  }
}

function bucketAt(buckets: Map<number, [number, number]>, at: number): [number, number] {
  const found = buckets.get(at);
  if (found) return found;
  const made: [number, number] = [0, 0];
  buckets.set(at, made);
  return made;
}

function sum(
  buckets: ReadonlyMap<number, readonly [number, number]>,
  { ms, nowMs, overMs }: { readonly ms: number; readonly overMs: number; readonly nowMs: number },
): Tally {
  const from = Math.floor((nowMs - overMs) / ms);
  const counted = { good: 0, late: 0 };
  for (const [at, [good, late]] of buckets) {
    if (at < from || at * ms > nowMs) continue;
    counted.good += good;
    counted.late += late;
  }
  return counted;
}

function drop(buckets: Map<number, unknown>, before: number): void {
  for (const at of buckets.keys()) if (at < before) buckets.delete(at);
}
