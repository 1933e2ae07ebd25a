import { DailyBudget } from "./daily-budget.ts";

const noonMs = Date.parse("2026-03-01T12:00:00Z");
const ask = (estimate: number, forQuery = false, nowMs = noonMs) => ({ estimate, forQuery, nowMs });

test("what is under way counts as spent, so that many at once do not pass the limit", () => {
  const budget = new DailyBudget(10);

  expect(budget.reserve(ask(5))).toBeNull();
  expect(budget.reserve(ask(5))).toMatchObject({ spent: 0, perDay: 10, first: true });
  budget.settle({ estimate: 5, cost: 2, nowMs: noonMs });
  expect(budget.reserve(ask(5))).toBeNull();
  expect(budget.state(noonMs)).toEqual({ day: "2026-03-01", spent: 2 });
});

test("documents leave a part of the day to queries", () => {
  const budget = new DailyBudget(10, { day: "2026-03-01", spent: 9.4 });

  expect(budget.reserve(ask(0.3))).not.toBeNull();
  expect(budget.reserve(ask(0.3, true))).toBeNull();
  expect(budget.reserve(ask(0.4, true))).toMatchObject({ first: false });
});

test("a request larger than a day's budget goes first on a new day, or it never would", () => {
  const budget = new DailyBudget(1);

  expect(budget.reserve(ask(5))).toBeNull();
  budget.settle({ estimate: 5, cost: 5, nowMs: noonMs });
  expect(budget.reserve(ask(5))).not.toBeNull();
  expect(budget.reserve(ask(5, false, noonMs + 12 * 60 * 60 * 1000))).toBeNull();
});

test("a budget of nothing allows nothing, and a clock set back gives no day back", () => {
  expect(new DailyBudget(0).reserve(ask(0.1))).not.toBeNull();
  const budget = new DailyBudget(1, { day: "2026-03-02", spent: 1 });

  expect(budget.reserve(ask(0.1))).not.toBeNull();
});
