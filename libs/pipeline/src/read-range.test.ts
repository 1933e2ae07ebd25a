import type { EventLog, LogRecord } from "./ports/event-log.ts";
import { readRange } from "./read-range.ts";
import { Measures } from "./service/measures.ts";

/** A log of one partition that has records at these offsets alone: the rest was compacted. */
function sparseLog(offsets: readonly number[], end = Number.POSITIVE_INFINITY) {
  const records = offsets.map((offset) => aRecord(offset));
  const log: Pick<EventLog, "identity" | "ranges" | "read"> = {
    identity: () => Promise.resolve({ id: "one", partitions: 1 }),
    ranges: () => Promise.resolve([{ partition: 0, begin: 0, end }]),
    read: (_topic, _partition, { from, recordsMax, to }) =>
      Promise.resolve(
        records.filter(({ offset }) => offset >= from && offset < to).slice(0, recordsMax),
      ),
  };
  return log as EventLog;
}

function aRecord(offset: number): LogRecord {
  return {
    topic: "topic",
    partition: 0,
    offset,
    key: `key ${offset}`,
    value: JSON.stringify(offset),
    appendedAtMs: 0,
  };
}

async function offsetsOf(log: EventLog, recordsMax: number): Promise<number[][]> {
  const batches: number[][] = [];
  const range = { partition: 0, begin: 1, end: 9 };
  for await (const records of readRange(log, "topic", range, recordsMax)) {
    batches.push(records.map(({ offset }) => offset));
  }
  return batches;
}

test("a range is read in order, so many records at a time, across what was compacted", async () => {
  expect(await offsetsOf(sparseLog([0, 1, 4, 5, 9]), 2)).toEqual([[1, 4], [5]]);
});

test("a range of which nothing is left is no batch at all", async () => {
  expect(await offsetsOf(sparseLog([0, 9]), 2)).toEqual([]);
});

test("a measure that is written after what was compacted away is read", async () => {
  let log = sparseLog([], 3);
  const measures = new Measures(new Proxy(log, { get: (_, name) => Reflect.get(log, name) }));
  await measures.refresh();

  log = sparseLog([3], 4);
  await measures.refresh();

  expect(measures.get("key 3")).toBe(3);
});
