import * as fc from "fast-check";
import { differingKeys, rangeDigest, type Leaf } from "./audit-ranges.ts";
import { compareKeys } from "./reconcile.ts";

const side = fc
  .uniqueArray(
    fc.record({
      key: fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
      digest: fc.constantFrom("1", "2"),
    }),
    { selector: ({ key }) => key, maxLength: 60 },
  )
  .map((leaves) => leaves.toSorted((a, b) => compareKeys(a.key, b.key)));

test("descending finds the keys that looking at each would find, and no others", () => {
  fc.assert(
    fc.property(side, side, (left, right) => {
      const found = differingKeys(left, right);

      expect(found.keys).toEqual(differing(left, right));
    }),
  );
});

test("equal ranges are compared once, whatever is in them", () => {
  fc.assert(
    fc.property(side, (leaves) => {
      expect(differingKeys(leaves, [...leaves])).toEqual({ keys: [], compared: 1 });
    }),
  );
});

test("one difference among a thousand keys is found by a few dozen comparisons", () => {
  fc.assert(
    fc.property(fc.nat({ max: 999 }), (at) => {
      const leaves = Array.from({ length: 1_000 }, (_, index) => ({
        key: `key ${String(index).padStart(4, "0")}`,
        digest: "same",
      }));
      const other = leaves.with(at, { key: leaves[at]?.key ?? "", digest: "another" });

      const { compared, keys } = differingKeys(leaves, other);

      expect(keys).toEqual([leaves[at]?.key]);
      expect(compared).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(1_000)) + 1);
    }),
  );
});

test("a range's digest tells where a key ends and its digest begins", () => {
  expect(rangeDigest([{ key: "ab", digest: "c" }])).not.toBe(
    rangeDigest([{ key: "a", digest: "bc" }]),
  );
});

function differing(left: readonly Leaf[], right: readonly Leaf[]): string[] {
  const [ours, theirs] = [left, right].map(
    (leaves) => new Map(leaves.map(({ digest, key }) => [key, digest])),
  );
  const keys = new Set([...left, ...right].map(({ key }) => key));
  return [...keys].filter((key) => ours?.get(key) !== theirs?.get(key)).sort(compareKeys);
}
