import * as fc from "fast-check";
import { ageBoundsAt, ageErrorMax, embeddingAgeOf } from "./embedding-age.ts";

const atMs = Date.UTC(2026, 0, 2);
const minuteMs = 60_000;
const dayMs = 24 * 3_600_000;
const oldestMs = 20 * 365 * dayMs;

/** As an index counts: what was embedded before the first bound, between them, and after. */
function counted(agesMs: readonly number[]): readonly number[] {
  const bounds = ageBoundsAt(atMs);
  const counts = [0, ...bounds.map(() => 0)];
  for (const ageMs of agesMs) {
    const stretch = bounds.filter((bound) => bound <= atMs - ageMs).length;
    counts[stretch] = (counts[stretch] ?? 0) + 1;
  }
  return counts;
}

function exact(agesMs: readonly number[], share: number): number {
  const sorted = agesMs.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const age = fc.oneof(
  fc.integer({ min: 0, max: 10 * minuteMs }),
  fc.integer({ min: 0, max: 30 * dayMs }),
  fc.integer({ min: 0, max: oldestMs }),
);

test("percentiles of ages are off by a quarter of themselves, or a minute, at most", () => {
  fc.assert(
    fc.property(fc.array(age, { minLength: 1, maxLength: 300 }), (agesMs) => {
      const found = embeddingAgeOf(counted(agesMs), atMs);

      expect(found?.points).toBe(agesMs.length);
      for (const [name, share] of [
        ["p50Ms", 0.5],
        ["p90Ms", 0.9],
        ["p99Ms", 0.99],
        ["oldestMs", 1],
      ] as const) {
        const trueMs = exact(agesMs, share);
        const offMs = Math.abs((found?.[name] ?? Number.NaN) - trueMs);
        expect(offMs).toBeLessThanOrEqual(Math.max(minuteMs, ageErrorMax * trueMs) + 1);
      }
    }),
  );
});

test("what a clock that is ahead has embedded is new, and nothing has no age", () => {
  expect(embeddingAgeOf(counted([-dayMs]), atMs)?.oldestMs).toBeLessThan(minuteMs);
  expect(embeddingAgeOf(counted([]), atMs)).toBeNull();
});

test("an index of any size is told by fewer than a hundred numbers", () => {
  expect(ageBoundsAt(atMs).length).toBeLessThan(100);
});
