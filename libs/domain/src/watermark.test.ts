import * as fc from "fast-check";
import { decodeMarker, encodeMarker, markerKey, WatermarkTracker } from "./watermark.ts";

const marker = { source: "files", producer: "scan", completeToMs: 100 };

test("a marker is read as it was written, and nothing else is one", () => {
  expect(decodeMarker(encodeMarker(marker))).toEqual(marker);
  expect(decodeMarker('{"v":1,"kind":"upsert"}')).toBeNull();
  expect(decodeMarker('{"v":1,"kind":"marker","source":3}')).toBeNull();
});

test("nothing is complete until every partition passed a marker of every producer", () => {
  const tracker = new WatermarkTracker(2);

  expect(tracker.completeTo("files")).toBeNull();
  tracker.note(marker, 0);
  expect(tracker.completeTo("files")).toBeNull();
  tracker.note({ ...marker, completeToMs: 80 }, 1);
  expect(tracker.completeTo("files")).toBe(80);
  tracker.note({ ...marker, producer: "watch", completeToMs: 500 }, 0);
  expect(tracker.completeTo("files")).toBeNull();
  tracker.forget("files", "watch");
  expect(tracker.completeTo("files")).toBe(80);
});

test("a watermark is the least over partitions and producers, and never goes back", () => {
  const note = fc.record({
    producer: fc.constantFrom("scan", "watch"),
    partition: fc.nat(2),
    completeToMs: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(note), (notes) => {
      const tracker = new WatermarkTracker(3);
      for (const producer of ["scan", "watch"]) {
        for (const partition of [0, 1, 2])
          tracker.note({ ...marker, producer, completeToMs: 0 }, partition);
      }
      const highest = new Map<string, number>();
      let before = 0;
      for (const { partition, ...rest } of notes) {
        tracker.note({ ...marker, ...rest }, partition);
        const place = `${rest.producer}/${partition}`;
        highest.set(place, Math.max(rest.completeToMs, highest.get(place) ?? 0));
        const least = highest.size < 6 ? 0 : Math.min(...highest.values());
        expect(tracker.completeTo("files")).toBe(least);
        expect(least).toBeGreaterThanOrEqual(before);
        before = least;
      }
    }),
  );
});

test("each producer's newest marker survives compaction", () => {
  expect(markerKey(marker)).not.toBe(markerKey({ ...marker, producer: "watch" }));
  expect(markerKey(marker)).toBe(markerKey({ ...marker, completeToMs: 101 }));
});
