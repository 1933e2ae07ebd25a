import * as fc from "fast-check";
import {
  decodeMarker,
  encodeMarker,
  markerKey,
  notAhead,
  passedOn,
  producerSilentMs,
  WatermarkTracker,
} from "./watermark.ts";

const marker = { source: "files", producer: "scan", completeToMs: 100 };

test("a marker is read as it was written, and nothing else is one", () => {
  expect(decodeMarker(encodeMarker(marker))).toEqual(marker);
  expect(decodeMarker('{"v":1,"kind":"upsert"}')).toBeNull();
  expect(decodeMarker('{"v":1,"kind":"marker","source":3}')).toBeNull();
});

test("nothing is complete until every partition passed a marker of every producer", () => {
  const tracker = new WatermarkTracker();

  expect(tracker.completeTo("files", 2)).toBeNull();
  tracker.note(marker, 0);
  expect(tracker.completeTo("files", 2)).toBeNull();
  tracker.note({ ...marker, completeToMs: 80 }, 1);
  expect(tracker.completeTo("files", 2)).toBe(80);
  tracker.note({ ...marker, producer: "watch", completeToMs: 500 }, 0);
  expect(tracker.completeTo("files", 2)).toBeNull();
});

test("a producer that stopped long before the others does not hold them back", () => {
  const tracker = new WatermarkTracker();
  tracker.note({ ...marker, producer: "stopped" }, 0);
  tracker.note({ ...marker, completeToMs: 100 + producerSilentMs }, 0);
  expect(tracker.completeTo("files", 1)).toBe(100);

  tracker.note({ ...marker, completeToMs: 101 + producerSilentMs }, 0);

  expect(tracker.completeTo("files", 1)).toBe(101 + producerSilentMs);
});

test("a stage passes a marker on to where the documents before it went", () => {
  const place = { partition: 1, partitions: 3 };

  expect(passedOn(marker, { ...place, written: 3 })).toEqual({ marker, to: [1] });
  expect(passedOn(marker, { ...place, written: 2 })).toEqual({
    marker: { ...marker, part: { at: 1, of: 3 } },
    to: [0, 1],
  });
});

test("of topics that differ in their partitions, every partition that was read has to have its say", () => {
  const tracker = new WatermarkTracker();
  const say = (partition: number, completeToMs: number) => {
    const on = passedOn({ ...marker, completeToMs }, { partition, partitions: 3, written: 2 });
    const read = decodeMarker(encodeMarker(on.marker));
    for (const to of on.to) if (read) tracker.note(read, to);
    return markerKey(on.marker);
  };

  const keys = [say(0, 100), say(1, 200)];
  const before = tracker.completeTo("files", 2);
  keys.push(say(2, 150));

  expect(before).toBeNull();
  expect(tracker.completeTo("files", 2)).toBe(100);
  expect(new Set(keys).size).toBe(3);
});

test("a clock that is ahead claims up to now, and one that stepped back is believed again", () => {
  const tracker = new WatermarkTracker();
  expect(notAhead(marker, 99)).toEqual({ ...marker, completeToMs: 99 });
  expect(notAhead(marker, 100)).toBe(marker);

  tracker.note({ ...marker, completeToMs: 5_000 }, 0, 5_000);
  tracker.note({ ...marker, completeToMs: 4_900 }, 0, 5_100);
  const before = tracker.completeTo("files", 1);
  tracker.note({ ...marker, completeToMs: 1_000 }, 0, 1_000);

  expect(before).toBe(5_000);
  expect(tracker.completeTo("files", 1)).toBe(1_000);
});

test("what is forgotten of a partition is unknown until it is passed again", () => {
  const tracker = new WatermarkTracker();
  tracker.note(marker, 0);
  tracker.note(marker, 1);
  expect(tracker.passed(1)).toEqual([marker]);

  tracker.forget(1);

  expect(tracker.passed(1)).toEqual([]);
  expect(tracker.completeTo("files", 2)).toBeNull();
});

test("a watermark is the least over partitions and producers, and never goes back", () => {
  const note = fc.record({
    producer: fc.constantFrom("scan", "watch"),
    partition: fc.nat(2),
    completeToMs: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(note), (notes) => {
      const tracker = new WatermarkTracker();
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
        expect(tracker.completeTo("files", 3)).toBe(least);
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
