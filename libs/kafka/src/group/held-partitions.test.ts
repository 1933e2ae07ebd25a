import type { LogRecord } from "@tidemark/pipeline";
import { HeldPartitions } from "./held-partitions.ts";

const many = { recordsMax: 1_000, bytesMax: 1_000_000 };

function records(partition: number, count: number, size = 10): LogRecord[] {
  return Array.from({ length: count }, (_, offset) => ({
    topic: "hints",
    partition,
    offset,
    key: "",
    value: "x".repeat(size),
    appendedAtMs: 0,
  }));
}

function holding(partitions: readonly number[], count: number, size = 10): HeldPartitions {
  const held = new HeldPartitions();
  held.joined({ memberId: "a", generation: 1, partitions });
  for (const one of held.all) one.buffer.push(records(one.partition, count, size), count * size);
  return held;
}

const places = (taken: readonly LogRecord[]) =>
  taken.map(({ offset, partition }) => `${partition}/${offset}`);

test("records are taken in their order, each once", () => {
  const held = holding([0], 5);

  expect(places(held.take({ ...many, recordsMax: 3 }))).toEqual(["0/0", "0/1", "0/2"]);
  expect(places(held.take(many))).toEqual(["0/3", "0/4"]);
  expect(held.take(many)).toEqual([]);
  expect(held.bytes).toBe(0);
});

test("what is taken is bounded in bytes, and is one record at least", () => {
  const held = holding([0], 5, 100);

  expect(held.take({ ...many, bytesMax: 250 })).toHaveLength(2);
  expect(held.take({ ...many, bytesMax: 1 })).toHaveLength(1);
});

test("no partition starves another", () => {
  const held = holding([0, 1, 2], 100);
  const bounds = { ...many, recordsMax: 10 };

  const first = held.take(bounds).map(({ partition }) => partition);
  const second = held.take(bounds).map(({ partition }) => partition);

  expect(first[0]).not.toBe(second[0]);
});

test("a partition that is lost takes its records along, and one that is kept keeps them", () => {
  const held = holding([0, 1], 2);

  held.joined({ memberId: "a", generation: 2, partitions: [1] });

  expect(places(held.take(many))).toEqual(["1/0", "1/1"]);
});

test("a partition that comes back begins where the group is", () => {
  const held = holding([0], 2);
  const before = held.get(0);
  held.joined({ memberId: "a", generation: 2, partitions: [] });
  held.joined({ memberId: "a", generation: 3, partitions: [0] });

  expect(held.take(many)).toEqual([]);
  expect(held.get(0)).toMatchObject({ place: { kind: "unknown" }, acknowledged: null });
  expect(before && held.isCurrent(before)).toBe(false);
});

test("after a rewind nothing that was fetched before is given", () => {
  const held = holding([0], 5);
  const partition = held.get(0);
  if (!partition) throw new Error("it is held");

  held.rewind(partition, 2);

  expect(held.take(many)).toEqual([]);
  expect(partition.place).toEqual({ kind: "unproved", offset: 2 });
});
