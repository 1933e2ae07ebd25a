import { meetsFilter, type Filter, type Metadata, type Scalar } from "@tidemark/domain";
import * as fc from "fast-check";
import { meetsClauses } from "./fixtures/filter-evaluation.ts";
import { conditionsOf, factsOf, prefixNumber } from "./metadata-facts.ts";

const names = fc.constantFrom("kind", "depth", "draft", "source");
const text = fc.oneof(
  fc.constantFrom("guide", "note", "2026-01-31", ""),
  fc.string({ maxLength: 9 }),
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  text,
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const metadata: fc.Arbitrary<Metadata> = fc.dictionary(
  names,
  fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
);
const numberRange = fc.record(
  { gte: fc.integer({ min: -3, max: 3 }), lt: fc.integer({ min: -3, max: 3 }) },
  { requiredKeys: [] },
);
const textRange = fc.record({ gt: text, lte: text }, { requiredKeys: [] });
const negated = fc.record({ not: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })) });
const equality = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));

function passes(some: Metadata, filter: Filter): boolean {
  const { facts, ranges } = factsOf(some);
  const record = { id: "1", payload: { copyFacts: facts, copyRanges: ranges } };
  return meetsClauses(record, { must: conditionsOf(filter) });
}

test("equalities, numbers and what is excluded are decided as the manifest decides them", () => {
  const filters = fc.dictionary(names, fc.oneof(equality, numberRange, negated));
  fc.assert(
    fc.property(metadata, filters, (some, filter) => {
      expect(passes(some, filter)).toBe(meetsFilter(some, filter));
    }),
  );
});

test("no document is lost to a range of strings", () => {
  fc.assert(
    fc.property(metadata, fc.dictionary(names, textRange), (some, filter) => {
      if (meetsFilter(some, filter)) expect(passes(some, filter)).toBe(true);
    }),
  );
});

test("a range of strings that differ early is decided", () => {
  const filter = { day: { gte: "2026-02", lt: "2026-03" } };

  expect(passes({ day: "2026-02-14" }, filter)).toBe(true);
  expect(passes({ day: "2026-01-14" }, filter)).toBe(false);
  expect(passes({ day: 2026 }, filter)).toBe(false);
});

test("a range between a number and a string holds nothing", () => {
  expect(passes({ depth: 2 }, { depth: { gte: 1, lt: "3" } })).toBe(false);
});

test("a smaller string never has a larger number, and every number is safe", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const [first, second] = a < b ? [a, b] : [b, a];

      expect(prefixNumber(first)).toBeLessThanOrEqual(prefixNumber(second));
      expect(Number.isSafeInteger(prefixNumber(a))).toBe(true);
    }),
  );
});
