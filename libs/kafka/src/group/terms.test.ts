import { Terms } from "./terms.ts";

type Join = readonly [memberId: string, generation: number, partitions: number[]];

function termsAfter(...joins: readonly Join[]) {
  const terms = new Terms();
  return joins.map(([memberId, generation, partitions]) => {
    terms.joined({ memberId, generation, partitions });
    return Object.fromEntries(terms.current);
  });
}

test("a partition that is kept over a rebalance is held for the same term", () => {
  const [first, second] = termsAfter(["a", 1, [0, 1, 2]], ["a", 2, [0, 2]]);

  expect(second).toEqual({ 0: first?.[0], 2: first?.[2] });
});

test.each<[string, ...Join[]]>([
  ["it was somebody else's meanwhile", ["a", 2, []], ["a", 3, [0]]],
  ["the member missed a generation", ["a", 3, [0]]],
  ["the group has given the member up", ["b", 2, [0]]],
  ["the group began anew", ["a", 1, [0]]],
])("a term ends when %s", (_, ...later) => {
  const all = termsAfter(["a", 1, [0]], ...later);

  expect(all.at(-1)?.[0]).toBeDefined();
  expect(all.at(-1)?.[0]).not.toBe(all[0]?.[0]);
});

test("no term is ever given twice", () => {
  const all = termsAfter(["a", 1, [0, 1]], ["b", 1, [0, 1]], ["b", 3, [0, 1]]);

  const terms = all.flatMap((held) => Object.values(held));
  expect(new Set(terms).size).toBe(6);
});

test("terms that are renewed are others", () => {
  const terms = new Terms();
  terms.joined({ memberId: "a", generation: 1, partitions: [4] });
  const before = terms.current.get(4);

  terms.renew();

  expect(terms.current.get(4)).not.toBe(before);
});
