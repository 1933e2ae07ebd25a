import * as fc from "fast-check";
import { CoalescingClock, newestRevisionOf } from "./coalesce.ts";
import { compareRevisions, type Revision } from "./revision.ts";

const revision = fc.record({ epoch: fc.integer({ min: 1, max: 2 }), position: fc.nat(3) });
/** Records as a zombie may leave them: in any order of revisions, told apart by their place. */
const records = fc
  .array(revision, { maxLength: 12 })
  .map((revisions) => revisions.map((its, at) => ({ its, at })));
const newest = (items: readonly { readonly its: Revision; readonly at: number }[]) =>
  newestRevisionOf(items, ({ its }) => its);

test("coalescing keeps the last state: the newest revision, all of it, in its order", () => {
  fc.assert(
    fc.property(records, (items) => {
      const kept = newest(items);

      expect(kept.length > 0).toBe(items.length > 0);
      for (const { its } of items) {
        expect(compareRevisions(its, kept[0]?.its ?? its)).toBeLessThanOrEqual(0);
      }
      const equal = items.filter(({ its }) => compareRevisions(its, kept[0]?.its ?? its) === 0);
      expect(kept).toEqual(equal);
    }),
  );
});

test("coalescing in two steps is coalescing in one", () => {
  fc.assert(
    fc.property(records, fc.nat(12), (items, at) => {
      expect(newest([...newest(items.slice(0, at)), ...items.slice(at)])).toEqual(newest(items));
    }),
  );
});

const window = { waitMs: 5_000, documentsMax: 10 };

test("the first change of a quiet document goes at once, and those that follow wait", () => {
  const clock = new CoalescingClock();

  expect(clock.waitOf("a", window, 1_000)).toBe(0);
  clock.ran("a", 1_000);
  expect(clock.waitOf("a", window, 1_001)).toBe(4_999);
  expect(clock.waitOf("b", window, 1_001)).toBe(0);
  expect(clock.waitOf("a", window, 6_000)).toBe(0);
});

test("a clock that stepped back makes nobody wait longer than a window", () => {
  const clock = new CoalescingClock();
  clock.ran("a", 1_000_000);

  expect(clock.waitOf("a", window, 500)).toBe(0);
});

test("no more documents are remembered than the bound", () => {
  const clock = new CoalescingClock(2);
  for (const key of ["a", "b", "c"]) clock.ran(key, 0);

  expect(["a", "b", "c"].map((key) => clock.waitOf(key, window, 0))).toEqual([0, 5_000, 5_000]);
});

test("where times are fixed every change waits for the next one", () => {
  const nightly = { ...window, dueAtMs: (nowMs: number) => Math.ceil((nowMs + 1) / 1_000) * 1_000 };

  expect(new CoalescingClock().waitOf("a", nightly, 1_400)).toBe(600);
  expect(new CoalescingClock().waitOf("a", nightly, 2_000)).toBe(1_000);
});
