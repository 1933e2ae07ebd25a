import { OffsetOutOfRangeError } from "@tidemark/pipeline";
import { placeOf } from "./place-of.ts";

const range = { partition: 2, begin: 100, end: 200 };

test.each([
  ["a group without an offset begins with what is kept", null, false, 100],
  ["an offset that is kept is where it goes on", 150, false, 150],
  ["all was read", 200, false, 200],
  ["what a compacted topic no longer has, newer records say", 50, true, 100],
])("%s", (_, offset, compacted, begins) => {
  const place = placeOf({ topic: "hints", compacted, range, offset });

  expect(place).toEqual({ kind: "proved", offset: begins });
});

test.each([
  ["records are gone that nobody read", 99, false],
  ["the log ends before what was read", 201, false],
  ["a compacted log ends before what was read", 201, true],
])("it begins nowhere when %s", (_, offset, compacted) => {
  const place = placeOf({ topic: "hints", compacted, range, offset });

  if (place.kind !== "lost") throw new Error(`it is ${place.kind}`);
  expect(place.error).toBeInstanceOf(OffsetOutOfRangeError);
  expect(place.error).toMatchObject({ topic: "hints", partition: 2, offset, begin: 100 });
});
