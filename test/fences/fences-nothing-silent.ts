/** What carries promise 8: nothing is silent, and what cannot be known is said to be unknown. */
import type { Fence } from "./fence.ts";

export const nothingSilent: readonly Fence[] = [
  {
    promise: 8,
    does: "An audit judges nothing while what it saw first is not applied.",
    file: "libs/pipeline/src/audit/look-again.ts",
    before:
      "    if (!(await untilPassed(log, generation.id, { ...waiting, ends: fold.ends }))) break;",
    after: "    await untilPassed(log, generation.id, { ...waiting, ends: fold.ends });",
    test: "what an audit did not see settled in time is undecided, and no fault",
  },
  {
    promise: 8,
    does: "An audit makes a sample of vectors again, and compares.",
    file: "libs/pipeline/src/audit/sample-vectors.ts",
    before: "  if (distance <= vectorDistanceMax) return [];",
    after: "  if (distance >= 0) return [];",
    test: "a vector that its text does not have is found by the sample",
  },
  {
    promise: 8,
    does: "An audit names points that nothing lists.",
    file: "libs/domain/src/audit-classify.ts",
    before: "  if (leftover === 0) return [];",
    after: "  if (leftover >= 0) return [];",
    test: "points that no manifest lists are named",
  },
];
