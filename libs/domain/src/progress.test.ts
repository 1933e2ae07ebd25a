import * as fc from "fast-check";
import { ProgressTracker } from "./progress.ts";

/** Offsets with gaps, as compaction leaves them, and an order in which they are completed. */
const history = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 60 })
  .map((gaps) => {
    let offset = -1;
    return gaps.map((gap) => (offset += gap));
  })
  .chain((offsets) =>
    fc.record({
      offsets: fc.constant(offsets),
      completed: fc.shuffledSubarray(offsets),
    }),
  );

test("no offset is acknowledged past an unfinished one", () => {
  fc.assert(
    fc.property(history, ({ offsets, completed }) => {
      const tracker = new ProgressTracker(0);
      for (const offset of offsets) tracker.start(offset);
      const open = new Set(offsets);
      for (const offset of completed) {
        const next = tracker.complete(offset);
        open.delete(offset);

        const firstOpen = Math.min(...open, Number.POSITIVE_INFINITY);
        expect(next).toBeLessThanOrEqual(firstOpen);
        expect(tracker.isDoneBefore(firstOpen)).toBe(true);
      }
    }),
  );
});

test("when all is done the offset after the last may be acknowledged", () => {
  fc.assert(
    fc.property(history, ({ offsets, completed }) => {
      const tracker = new ProgressTracker(0);
      for (const offset of offsets) tracker.start(offset);
      tracker.complete(...completed);
      tracker.complete(...offsets.filter((offset) => !completed.includes(offset)));

      expect(tracker.next).toBe((offsets.at(-1) ?? 0) + 1);
      expect(tracker.inFlight).toBe(0);
    }),
  );
});

test("what would be acknowledged is what then is", () => {
  fc.assert(
    fc.property(history, fc.nat(60), ({ offsets, completed }, cut) => {
      const tracker = new ProgressTracker(0);
      for (const offset of offsets) tracker.start(offset);
      tracker.complete(...completed.slice(0, cut));
      const rest = completed.slice(cut);

      const foretold = tracker.completing(rest);

      expect(tracker.complete(...rest)).toBe(foretold);
    }),
  );
});

test("progress never goes back", () => {
  fc.assert(
    fc.property(history, ({ offsets, completed }) => {
      const tracker = new ProgressTracker(0);
      let before = tracker.next;
      for (const offset of offsets) {
        tracker.start(offset);
        if (completed.includes(offset)) tracker.complete(offset);
        expect(tracker.next).toBeGreaterThanOrEqual(before);
        before = tracker.next;
      }
    }),
  );
});

test("an offset that does not ascend is refused", () => {
  const tracker = new ProgressTracker(5);
  tracker.start(7);

  expect(() => tracker.start(7)).toThrow(RangeError);
  expect(() => tracker.start(4)).toThrow(RangeError);
});

test("long histories are forgotten as they are done", () => {
  const tracker = new ProgressTracker(0);
  for (let offset = 0; offset < 10_000; offset += 1) {
    tracker.start(offset);
    if (offset >= 10) tracker.complete(offset - 10);
  }

  expect(tracker.inFlight).toBe(10);
  expect(tracker.next).toBe(9_990);
});
