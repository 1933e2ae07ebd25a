/**
 * Keeps the newest of several mutations of a document. The first change of a quiet document goes
 * at once; those that follow within its window share one run.
 */
import { compareRevisions, newerOf, zeroRevision, type Revision } from "./revision.ts";

export interface CoalescingWindow {
  readonly waitMs: number;
  /** As many waiting documents end the window for all of them. */
  readonly documentsMax: number;
  /** Instead of a window, fixed times: when the next one after `nowMs` is. */
  readonly dueAtMs?: (nowMs: number) => number;
}

export const defaultWindow: CoalescingWindow = { waitMs: 5_000, documentsMax: 10 };

/** When a waiting document may go. Remembers for how long documents were quiet, within a bound. */
export class CoalescingClock {
  readonly #lastRunMs = new Map<string, number>();
  readonly #rememberedMax: number;

  constructor(rememberedMax = 100_000) {
    this.#rememberedMax = rememberedMax;
  }

  /** Milliseconds from now until the document may go; 0 for one that was quiet for a window. */
  waitOf(key: string, window: CoalescingWindow, nowMs: number): number {
    if (window.dueAtMs) return Math.max(1, window.dueAtMs(nowMs) - nowMs);
    const lastMs = this.#lastRunMs.get(key);
    // A clock that stepped back must not make anyone wait longer than a window.
    if (lastMs === undefined || lastMs > nowMs) return 0;
    return Math.max(0, lastMs + window.waitMs - nowMs);
  }

  /** A run of the document begins now. */
  ran(key: string, nowMs: number): void {
    this.#lastRunMs.delete(key);
    this.#lastRunMs.set(key, nowMs);
    if (this.#lastRunMs.size <= this.#rememberedMax) return;
    const oldest = this.#lastRunMs.keys().next();
    if (!oldest.done) this.#lastRunMs.delete(oldest.value);
  }
}

/**
 * The records of one document that still matter: all of its newest revision, in their order. The
 * last on the log is not always the newest: a zombie may have appended an older one after it.
 */
export function newestRevisionOf<T>(
  records: readonly T[],
  revisionOf: (record: T) => Revision,
): readonly T[] {
  let newest = zeroRevision;
  for (const record of records) newest = newerOf(newest, revisionOf(record));
  return records.filter((record) => compareRevisions(revisionOf(record), newest) === 0);
}
