/** What carries promise 7: freshness is measured, and what is late burns the budget at once. */
import type { Fence } from "./fence.ts";

const file = "libs/domain/src/pending-changes.ts";

export const freshnessMeasured: readonly Fence[] = [
  {
    promise: 7,
    does: "A change whose target has passed is decided without waiting for it to be found.",
    file,
    before: "    if (held.isLate || nowMs - held.beganAtMs <= this.#withinMs(held)) return [];",
    after: "    return [];",
    test: "a change is late the moment its target passes, though nobody has found it yet",
  },
  {
    promise: 7,
    does: "A change is decided once.",
    file,
    before: "    if (change.isLate || this.#wasDecided(change)) return [];",
    after: "    if (this.#wasDecided(change)) return [];",
    test: "a change that was late is not counted again when it is found",
  },
  {
    promise: 7,
    does: "Only what changed in the source can be late, and not what is stated again.",
    file,
    before: `new Set(["change", "reconcile"])`,
    after: `new Set(["change", "reconcile", "replay"])`,
    test: "what a replay states again is no change that could be late",
  },
  {
    promise: 7,
    does: "What was decided before a restart stays decided.",
    file,
    before: "    return change.beganAtMs + this.#withinMs(change) <= this.#options.decidedToMs;",
    after: "    return false;",
    test: "what was late before whoever counts was restarted is not late again",
  },
  {
    promise: 7,
    does: "Before anything is called late, the index is asked.",
    file,
    before: "    if (manifest && isDone(held, manifest)) {",
    after: "    if (manifest && isFailed(held, manifest)) {",
    test: "a receipt that was lost makes nothing late that the index has",
  },
];
