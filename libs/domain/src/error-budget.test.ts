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
