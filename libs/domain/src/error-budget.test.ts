import * as fc from "fast-check";
import { ErrorBudget } from "./error-budget.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = Date.UTC(2026, 0, 31, 12, 30);
const objective = { share: 0.99, withinMs: 60_000, overMs: 30 * 24 * hourMs };

test("nothing spends no budget, and burns at no rate that could be told", () => {
  const view = new ErrorBudget().view(objective, nowMs);

  expect(view).toMatchObject({ ratio: null, budgetLeft: 1, alert: null });
  expect(view.burn["1h"]).toBeNull();
});

test("as many late changes as the objective allows spend the budget whole", () => {
  const budget = new ErrorBudget();
  for (let at = 0; at < 99; at += 1) budget.note("good", nowMs - at * hourMs);
  budget.note("late", nowMs - 10 * 24 * hourMs);

  expect(budget.view(objective, nowMs).budgetLeft).toBeCloseTo(0);
});

test.each([
  ["a fifth late for an hour", { good: 4, late: 1, sinceMs: hourMs }, "page"],
  [
    "a fifth late, an hour ago and not now",
    { good: 4, late: 1, sinceMs: hourMs, untilMs: 40 * minuteMs },
    "ticket",
  ],
  ["a tenth late for six hours", { good: 9, late: 1, sinceMs: 6 * hourMs }, "page"],
  ["a fiftieth late for three days", { good: 49, late: 1, sinceMs: 72 * hourMs }, "ticket"],
  ["a thousandth late for three days", { good: 999, late: 1, sinceMs: 72 * hourMs }, null],
] as const)("%s", (_when, { good, late, sinceMs, ...until }, alert) => {
  const budget = new ErrorBudget();
  const untilMs = "untilMs" in until ? until.untilMs : 0;
  for (let agoMs = untilMs; agoMs < sinceMs; agoMs += 5 * minuteMs) {
    for (let at = 0; at < good; at += 1) budget.note("good", nowMs - agoMs);
    for (let at = 0; at < late; at += 1) budget.note("late", nowMs - agoMs);
  }
  for (let at = 0; at < good; at += 1) budget.note("good", nowMs);

  expect(budget.view(objective, nowMs).alert).toBe(alert);
});

test("what was stored is what goes on, and what no window reaches is forgotten", () => {
  const decided = fc.array(fc.tuple(fc.boolean(), fc.nat(40 * 24 * 60)), { maxLength: 60 });
  fc.assert(
    fc.property(decided, (changes) => {
      const budget = new ErrorBudget();
      for (const [isGood, minutes] of changes) {
        budget.note(isGood ? "good" : "late", nowMs - minutes * minuteMs);
      }
      const before = budget.view(objective, nowMs);

      budget.forget(objective.overMs, nowMs);
      const again = new ErrorBudget(JSON.parse(JSON.stringify(budget.stored())));

      expect(again.view(objective, nowMs)).toEqual(before);
      expect(again.stored().hours.length).toBeLessThanOrEqual(30 * 24 + 1);
      expect(again.stored().minutes.length).toBeLessThanOrEqual(6 * 60 + 1);
    }),
  );
});

const lookEveryMs = 30_000;

interface Stalled {
  readonly everyMs: number;
  readonly days: number;
  readonly share: number;
  readonly withinMs: number;
  readonly startMs: number;
}

/** A change every so often, each in time until the stall, none while it lasts. */
const stalls: fc.Arbitrary<Stalled> = fc.record({
  everyMs: fc.integer({ min: 100, max: 3_600_000 }),
  days: fc.integer({ min: 1, max: 30 }),
  share: fc.constantFrom(0.9, 0.95, 0.99, 0.999),
  withinMs: fc.integer({ min: 1_000, max: 15 * minuteMs }),
  startMs: fc.integer({ min: nowMs, max: nowMs + hourMs }),
});

/** What was decided up to a time, as it is stored: by the minute, and by the hour. */
function historyOf({ days, everyMs, startMs }: Stalled): ErrorBudget {
  const beginMs = startMs - days * 24 * hourMs;
  const bucketsOf = (ms: number, backMs: number) => {
    const buckets: [number, number, number][] = [];
    const from = Math.max(beginMs, startMs - backMs);
    for (let at = Math.floor(from / ms); at * ms < startMs; at += 1) {
      const [since, until] = [Math.max(from, at * ms), Math.min(startMs, (at + 1) * ms)];
      const changes =
        Math.floor((until - beginMs) / everyMs) - Math.floor((since - beginMs) / everyMs);
      if (changes > 0) buckets.push([at, changes, 0]);
    }
    return buckets;
  };
  return new ErrorBudget({
    minutes: bucketsOf(minuteMs, 6 * hourMs),
    hours: bucketsOf(hourMs, days * 24 * hourMs),
  });
}

test("whenever all changes stop to come through, a page is due before the budget is spent", () => {
  fc.assert(
    fc.property(stalls, (stall) => {
      const { days, everyMs, share, startMs, withinMs } = stall;
      const objective = { share, withinMs, overMs: 30 * 24 * hourMs };
      // Of fewer changes than that, the page needs more than the whole budget.
      const pageAfter = 14.4 * (1 - share);
      const changes = (days * 24 * hourMs) / everyMs;
      const inHour = (hourMs + minuteMs) / everyMs + 2;
      fc.pre(pageAfter < 1);
      fc.pre(changes * (1 - share) > (pageAfter / (1 - pageAfter)) * inHour + 2);
      const budget = historyOf(stall);

      // The first that is late was made after the last that was in time.
      let view = budget.view(objective, startMs);
      let lateAtMs = startMs + withinMs;
      for (let atMs = lateAtMs; view.alert !== "page"; atMs += Math.max(everyMs, lookEveryMs)) {
        for (; lateAtMs <= atMs; lateAtMs += everyMs) budget.note("late", lateAtMs);
        view = budget.view(objective, atMs);
        if (view.budgetLeft <= 0) break;
      }

      expect(view.alert).toBe("page");
      expect(view.budgetLeft).toBeGreaterThan(0);
    }),
  );
});

test("no alert is left when all changes have come through again for as long as its windows reach", () => {
  const goneOn = fc.integer({ min: 1, max: 6 * 60 });
  fc.assert(
    fc.property(stalls, goneOn, (stall, stalledMinutes) => {
      const { share, startMs, withinMs } = stall;
      const everyMs = Math.max(stall.everyMs, minuteMs);
      const objective = { share, withinMs, overMs: 30 * 24 * hourMs };
      const budget = historyOf({ ...stall, everyMs });
      const overAtMs = startMs + stalledMinutes * minuteMs;
      for (let atMs = startMs; atMs < overAtMs; atMs += everyMs) budget.note("late", atMs);

      const alerts: (string | null)[] = [];
      let lookAtMs = overAtMs + 31 * minuteMs;
      // The oldest bucket counts whole.
      for (let atMs = overAtMs; atMs <= overAtMs + 8 * hourMs; atMs += everyMs) {
        budget.note("good", atMs);
        if (atMs < lookAtMs) continue;
        alerts.push(budget.view(objective, atMs).alert);
        lookAtMs += 15 * minuteMs;
      }

      expect(alerts).not.toContain("page");
      expect(alerts.at(-1)).toBeNull();
    }),
    { numRuns: 50 },
  );
});
