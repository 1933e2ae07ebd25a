import * as fc from "fast-check";
import { changedAtMs, LagWindow, verdictOf, worstOf } from "./freshness.ts";

const hourMs = 3_600_000;
const observedAtMs = 100 * hourMs;

test.each([
  ["just before it was seen", observedAtMs - 500, true, observedAtMs - 500],
  ["in the future, by a clock that is wrong", observedAtMs + 500, true, observedAtMs],
  ["long before it was seen, as of a copied file", observedAtMs - 2 * hourMs, true, observedAtMs],
  ["at no time that is known", null, true, observedAtMs],
  ["before a snapshot found it", observedAtMs - 500, false, observedAtMs],
] as const)("a change that happened %s", (_, sourceTimeMs, isChange, expected) => {
  expect(changedAtMs({ sourceTimeMs, observedAtMs, isChange })).toBe(expected);
});

const lags = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 60 });

test("a percentile is a lag that so many did not exceed", () => {
  fc.assert(
    fc.property(lags, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const window = new LagWindow();
      for (const lagMs of all) window.note(lagMs, 0);

      const percentile = window.percentileMs(share, 0) ?? -1;

      expect(all).toContain(percentile);
      const within = all.filter((lagMs) => lagMs <= percentile).length;
      expect(within / all.length).toBeGreaterThanOrEqual(share);
    }),
  );
});

test("every change is in time or late", () => {
  fc.assert(
    fc.property(lags, fc.nat(1_000), (all, withinMs) => {
      const window = new LagWindow();
      for (const lagMs of all) window.note(lagMs, 0);

      const { good, late } = window.tally(withinMs, 0);

      expect(good).toBe(all.filter((lagMs) => lagMs <= withinMs).length);
      expect(good + late).toBe(all.length);
    }),
  );
});

test("old and too many samples are forgotten", () => {
  const window = new LagWindow({ samplesMax: 3, ageMaxMs: 100 });
  for (const atMs of [0, 50, 60, 70, 80]) window.note(atMs, atMs);

  expect(window.tally(1_000, 90)).toEqual({ good: 3, late: 0 });
  expect(window.tally(1_000, 175)).toEqual({ good: 1, late: 0 });
  expect(window.percentileMs(0.5, 500)).toBeNull();
});

const objective = { share: 0.9, withinMs: 1_000 };

test.each([
  ["nothing is known", { isKnown: false, good: 9, late: 0, pendingLate: 0 }, "unknown", 1],
  ["nothing changed", { isKnown: true, good: 0, late: 0, pendingLate: 0 }, "met", null],
  ["enough were in time", { isKnown: true, good: 9, late: 1, pendingLate: 0 }, "met", 0.9],
  ["too few were", { isKnown: true, good: 8, late: 2, pendingLate: 0 }, "breached", 0.8],
  ["one waits too long", { isKnown: true, good: 9, late: 0, pendingLate: 1 }, "late", 0.9],
  ["many wait too long", { isKnown: true, good: 8, late: 0, pendingLate: 2 }, "breached", 0.8],
] as const)("the verdict when %s", (_, counts, verdict, met) => {
  expect(verdictOf({ objective, ...counts })).toEqual({ verdict, met });
});

test("the worst verdict stands for all", () => {
  expect(worstOf(["met", "late", "breached", "unknown"])).toBe("breached");
  expect(worstOf(["met", "unknown", "late"])).toBe("late");
  expect(worstOf(["met", "unknown"])).toBe("unknown");
  expect(worstOf([])).toBe("unknown");
});
