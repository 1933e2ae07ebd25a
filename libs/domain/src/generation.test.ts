import * as fc from "fast-check";
import {
  generationStates,
  isConsuming,
  nextGenerationState,
  promote,
  type Generation,
  type GenerationEvent,
  type GenerationState,
} from "./generation.ts";
import { aRecipe } from "@tidemark/testing";
import { fingerprintOf } from "./fingerprint.ts";
import type { GenerationId } from "./ids.ts";

const events: readonly GenerationEvent[] = [
  "backfilled",
  "passed",
  "failed",
  "promoted",
  "replaced",
  "rolledBack",
  "expired",
  "abandoned",
];

function aGenerationOf(at: number, state: GenerationState): Generation {
  return {
    id: `g${at}` as GenerationId,
    state,
    fingerprint: fingerprintOf(aRecipe),
    recipe: aRecipe,
    createdAtMs: at,
    activatedAtMs: null,
    retiringSinceMs: null,
  };
}

test("at most one generation is active in any history", () => {
  const step = fc.record({
    at: fc.nat(3),
    what: fc.constantFrom<GenerationEvent | "promote">("promote", ...events),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let all = [0, 1, 2, 3].map((at) => aGenerationOf(at, "building"));
      for (const { at, what } of steps) {
        const one = all[at] as Generation;
        if (what === "promote") {
          const may = one.state === "ready" || one.state === "retiring";
          if (may) all = promote(all, one.id, 1);
          else expect(() => promote(all, one.id, 1)).toThrow(RangeError);
        } else if (!["promoted", "rolledBack", "replaced"].includes(what)) {
          // These three happen by promotion alone, so that a switch is one table for another.
          const state = nextGenerationState(one.state, what);
          if (state) all = all.map((each) => (each === one ? { ...each, state } : each));
        }
        expect(all.filter(({ state }) => state === "active").length).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("once there is an active generation there always is one", () => {
  const ready = [0, 1, 2].map((at) => aGenerationOf(at, "ready"));
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }), (order) => {
      let all = ready;
      for (const at of order) {
        const one = all[at] as Generation;
        if (one.state !== "active") all = promote(all, one.id, at);
        expect(all.filter(({ state }) => state === "active").map(({ id }) => id)).toEqual([one.id]);
      }
    }),
  );
});

test.each([
  ["building", "backfilled", "validating"],
  ["building", "abandoned", "retired"],
  ["building", "promoted", null],
  ["validating", "passed", "ready"],
  ["validating", "failed", "building"],
  ["ready", "promoted", "active"],
  ["active", "replaced", "retiring"],
  ["active", "abandoned", null],
  ["active", "expired", null],
  ["retiring", "rolledBack", "active"],
  ["retiring", "expired", "retired"],
  ["retired", "rolledBack", null],
] as const)("a generation that is %s and %s", (state, event, outcome) => {
  expect(nextGenerationState(state, event)).toBe(outcome);
});

test("nothing leads out of retirement, and all else consumes", () => {
  expect(events.map((event) => nextGenerationState("retired", event))).toEqual(
    events.map(() => null),
  );
  expect(generationStates.filter(isConsuming)).toEqual(
    generationStates.filter((state) => state !== "retired"),
  );
});
