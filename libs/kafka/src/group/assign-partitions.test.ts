import {
  assignPartitions,
  decodeAssignment,
  decodeClaim,
  encodeAssignment,
  encodeClaim,
  type Claimant,
} from "./assign-partitions.ts";

function member(memberId: string, partitions: readonly number[] = [], generation = 1): Claimant {
  return { memberId, partitions, generation: partitions.length === 0 ? 0 : generation };
}

function assigned(members: readonly Claimant[], partitions: number) {
  return Object.fromEntries(assignPartitions(members, partitions));
}

test.each([
  ["one takes all", [member("a")], 3, { a: [0, 1, 2] }],
  ["two share", [member("a"), member("b")], 4, { a: [0, 1], b: [2, 3] }],
  [
    "one more than there are partitions holds none",
    [member("a"), member("b")],
    1,
    { a: [0], b: [] },
  ],
  [
    "who comes takes a share, and who was there keeps the rest",
    [member("a", [0, 1, 2, 3]), member("b")],
    4,
    { a: [0, 1], b: [2, 3] },
  ],
  [
    "who goes leaves its own alone to others",
    [member("a", [0, 3]), member("c", [2])],
    5,
    { a: [0, 1, 3], c: [2, 4] },
  ],
  [
    "the later generation is right about who held what",
    [member("a", [0, 1], 3), member("b", [0, 1], 7)],
    2,
    { a: [1], b: [0] },
  ],
  ["a partition that is not there is nobody's", [member("a", [0, 9])], 2, { a: [0, 1] }],
])("%s", (_, members, partitions, expected) => {
  expect(assigned(members, partitions)).toEqual(expected);
});

test("every partition is held once, whatever was claimed, and shares differ by one at most", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const partitions = (seed * 7) % 13;
    const members = Array.from({ length: 1 + (seed % 5) }, (_, at) =>
      member(
        `m${(at * seed) % 11}-${at}`,
        Array.from({ length: (seed * (at + 3)) % 6 }, (__, claim) => (claim * seed) % 13),
        1 + ((seed * at) % 3),
      ),
    );

    const shares = [...assignPartitions(members, partitions).values()];

    const held = shares.flat().toSorted((a, b) => a - b);
    expect(held).toEqual(Array.from({ length: partitions }, (_, at) => at));
    const sizes = shares.map((share) => share.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});

test("the same claims are assigned the same by whoever leads", () => {
  const members = [member("b", [1, 2]), member("a", [0]), member("c")];

  expect(assigned(members, 6)).toEqual(assigned(members.toReversed(), 6));
});

test("claims and assignments travel in the consumer protocol", () => {
  const claim = { generation: 4, partitions: [1, 5] };

  expect(decodeClaim(encodeClaim("hints", claim))).toEqual(claim);
  expect(decodeAssignment("hints", encodeAssignment("hints", [3, 1]))).toEqual([3, 1]);
  expect(decodeAssignment("others", encodeAssignment("hints", [3]))).toEqual([]);
  expect(decodeAssignment("hints", Buffer.alloc(0))).toEqual([]);
});
