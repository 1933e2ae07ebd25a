/** Whatever a run finds makes it fail. */
import type { ChaosResult } from "./chaos-run.ts";
import { faultsOf, tableOf } from "./report.ts";

const mib = 2 ** 20;

function aResult(changes: Partial<ChaosResult> = {}): ChaosResult {
  return {
    rounds: 100,
    faults: new Map([["kill upserter", 4]]),
    changes: new Map([["changes of gauges", 10]]),
    acknowledged: 20,
    observer: {
      asked: 250,
      looks: 2_000,
      unanswered: new Map([["timeout", 50]]),
      unasked: 0,
      observedMs: 10_000,
      silentMsWorst: 900,
    },
    refusals: [],
    incomplete: 0,
    observed: 0,
    violations: [],
    check: {
      documents: 200,
      chunks: 400,
      acknowledged: 20,
      questions: 40,
      hits: 90,
      differences: [],
      leftovers: { points: 0, documents: 0 },
      strayVectors: 0,
    },
    deadLetters: 0,
    settledMs: 900,
    memory: new Map([["upserter", [200 * mib, 280 * mib, 240 * mib, 260 * mib]]]),
    ended: [],
    ...changes,
  };
}

const { check, observer } = aResult();

test("a run in which nothing was wrong has no fault, and says how often it was asked", () => {
  expect(faultsOf(aResult())).toEqual([]);
  expect(tableOf(aResult())).toMatch(
    /a second +25\.0\n.+2000\n +a second +200\.0\n +answered +200 \(80\.0 %\)/u,
  );
});

test.each([
  ["what the observer saw", { violations: ["it reads 6 after 7"] }],
  ["a process that ended by itself", { ended: ["the end of its log"] }],
  ["a search that was refused", { refusals: ["400"] }],
  ["no check", { check: null }],
  ["a check that found nothing to compare", { check: check && { ...check, hits: 0 } }],
  [
    "a difference",
    {
      check: check && {
        ...check,
        differences: [{ kind: "missing", subject: "app/a", detail: "never seen" }],
      },
    },
  ],
  ["a dead letter", { deadLetters: 1 }],
  ["an observer who looked away", { observer: { ...observer, looks: 190 } }],
  ["memory that grew", { memory: new Map([["gateway", [200, 220, 280, 310].map(inMib)]]) }],
  ["memory past the bound", { memory: new Map([["gateway", [1_200, 900].map(inMib)]]) }],
] satisfies [string, Partial<ChaosResult>][])("%s is a fault", (_, changes) => {
  expect(faultsOf(aResult(changes))).toHaveLength(1);
});

test("a short run says nothing of growth", () => {
  const memory = new Map([["gateway", [100, 300].map(inMib)]]);

  expect(faultsOf(aResult({ memory, rounds: 6 }))).toEqual([]);
});

function inMib(count: number): number {
  return count * mib;
}
