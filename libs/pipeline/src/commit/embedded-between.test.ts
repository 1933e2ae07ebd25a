import * as fc from "fast-check";
import { countStretches } from "./embedded-between.ts";

test("stretches that are counted by halves are what they are counted one by one", async () => {
  const times = fc
    .uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 })
    .map((each) => each.toSorted((a, b) => a - b));
  const points = fc.array(fc.integer({ min: -10, max: 1_010 }), { maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(times, points, async (timesMs, atMs) => {
      let asked = 0;
      const counts = await countStretches(timesMs, async (fromMs, toMs) => {
        asked += 1;
        const isIn = (at: number) =>
          (fromMs === null || at >= fromMs) && (toMs === null || at < toMs);
        return atMs.filter(isIn).length;
      });

      const expected = Array.from({ length: timesMs.length + 1 }, () => 0);
      for (const at of atMs) {
        const stretch = timesMs.filter((time) => time <= at).length;
        expected[stretch] = (expected[stretch] ?? 0) + 1;
      }
      expect(counts).toEqual(expected);
      expect(asked).toBeLessThanOrEqual(timesMs.length + 1);
    }),
  );
});

test("what lies close together is counted with few questions", async () => {
  let asked = 0;
  const timesMs = Array.from({ length: 80 }, (_, at) => at);

  await countStretches(timesMs, async (fromMs, toMs) => {
    asked += 1;
    return (fromMs ?? -1) <= 17 && (toMs ?? 80) > 17 ? 5 : 0;
  });

  expect(asked).toBeLessThan(10);
});
