import * as fc from "fast-check";
import {
  filterSchema,
  meetsFilter,
  metadataSchema,
  sameMetadata,
  unmetOf,
  type Filter,
} from "./metadata.ts";

const metadata = { kind: "guide", tags: ["sea", "moon"], depth: 2.5, draft: false, none: null };

test.each<[Filter, boolean]>([
  [{}, true],
  [{ kind: "guide" }, true],
  [{ kind: "note" }, false],
  [{ kind: ["note", "guide"] }, true],
  [{ kind: [] }, false],
  [{ tags: "sea" }, true],
  [{ tags: ["sun", "moon"] }, true],
  [{ tags: "sun" }, false],
  [{ depth: 2.5 }, true],
  [{ depth: "2.5" }, false],
  [{ depth: { gte: 2.5, lt: 3 } }, true],
  [{ depth: { gt: 2.5 } }, false],
  [{ depth: { lte: 2 } }, false],
  [{ depth: { gte: "2" } }, false],
  [{ kind: { gte: "g", lt: "h" } }, true],
  [{ draft: false }, true],
  [{ draft: { gte: 0 } }, false],
  [{ none: null }, true],
  [{ absent: null }, true],
  [{ absent: "x" }, false],
  [{ kind: { not: "note" } }, true],
  [{ kind: { not: "guide" } }, false],
  [{ tags: { not: ["sun", "moon"] } }, false],
  [{ absent: { not: "x" } }, true],
  [{ depth: { gt: 1, not: 2.5 } }, false],
  [{ kind: "guide", depth: { lt: 1 } }, false],
])("the filter %j is met: %s", (filter, outcome) => {
  expect(filterSchema.parse(filter)).toEqual(filter);
  expect(meetsFilter(metadata, filter)).toBe(outcome);
});

const value = fc.oneof(fc.constantFrom("a", "b"), fc.integer({ min: 0, max: 3 }), fc.boolean());

test("a value meets an equality or its denial, never both", () => {
  fc.assert(
    fc.property(value, value, (have, want) => {
      const meets = meetsFilter({ field: have }, { field: want });
      const denies = meetsFilter({ field: have }, { field: { not: want } });

      expect(meets).toBe(have === want);
      expect(denies).toBe(!meets);
    }),
  );
});

test("more conditions never let more through", () => {
  fc.assert(
    fc.property(value, value, value, (have, one, another) => {
      const both = meetsFilter({ a: have, b: have }, { a: one, b: another });

      expect(both).toBe(
        meetsFilter({ a: have }, { a: one }) && meetsFilter({ b: have }, { b: another }),
      );
    }),
  );
});

test.each([
  ["nested objects", { a: { b: 1 } }],
  ["nested lists", { a: [[1]] }],
  ["an empty name", { "": 1 }],
  ["texts past the bound", { a: "x".repeat(4_097) }],
])("metadata with %s is refused", (_, given) => {
  expect(metadataSchema.safeParse(given).success).toBe(false);
});

test("metadata is the same whatever the order of its fields", () => {
  expect(sameMetadata({ a: 1, b: ["x"] }, { b: ["x"], a: 1 })).toBe(true);
  expect(sameMetadata({ a: 1 }, { a: 2 })).toBe(false);
  expect(sameMetadata({ a: 1 }, { a: "1" })).toBe(false);
  expect(sameMetadata({ a: 1 }, { a: 1, b: 1 })).toBe(false);
  expect(sameMetadata({ a: 1 }, { b: 1 })).toBe(false);
});

test("the first condition that is not met is told with what there is instead", () => {
  const filter: Filter = { kind: "guide", tags: ["sun"], absent: { gte: 1 } };

  expect(unmetOf(metadata, filter)).toEqual({
    field: "tags",
    condition: ["sun"],
    value: ["sea", "moon"],
  });
  expect(unmetOf({ ...metadata, tags: ["sun"] }, filter)).toMatchObject({ value: null });
  expect(unmetOf(metadata, { kind: "guide" })).toBeNull();
});
