import { createRequire } from "node:module";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readBatches, UnreadableBatchError } from "./record-batches.ts";
import { WireWriter } from "./wire-writer.ts";

interface Written {
  readonly key?: string | null;
  readonly value: string | null;
  /** Offsets that compaction left out come before it. */
  readonly at: number;
}

interface BatchOptions {
  readonly first: number;
  readonly last?: number;
  readonly records: readonly Written[];
  readonly attributes?: number;
  readonly producerId?: number;
  readonly compress?: (records: Buffer) => Buffer;
}

const transactional = 0x10;
const control = 0x20;

/** A batch as it lies on a broker's disk. */
function batch(options: BatchOptions): Buffer {
  const { attributes = 0, first, producerId = -1, records } = options;
  const { compress = (buffer: Buffer) => buffer } = options;
  const last = options.last ?? records.at(-1)?.at ?? first;
  const body = Buffer.concat(
    records.map(({ at, key = "k", value }) => {
      const written = new WireWriter()
        .int8(0)
        .varint(5)
        .varint(at - first);
      for (const text of [key, value]) {
        const bytes = text === null ? null : Buffer.from(text);
        written.varint(bytes?.length ?? -1).bytes(bytes ?? Buffer.alloc(0));
      }
      const { buffer } = written.varint(0);
      return new WireWriter().varint(buffer.length).bytes(buffer).buffer;
    }),
  );
  const rest = new WireWriter()
    .int32(0)
    .int8(2)
    .int32(0)
    .int16(attributes)
    .int32(last - first)
    .int64(1_000)
    .int64(9_000)
    .int64(producerId)
    .int16(0)
    .int32(0)
    .int32(records.length)
    .bytes(compress(body)).buffer;
  return new WireWriter().int64(first).int32(rest.length).bytes(rest).buffer;
}

function marker(first: number, producerId: number, type: 0 | 1): Buffer {
  const key = new WireWriter().int16(0).int16(type).buffer.toString("latin1");
  return batch({
    first,
    producerId,
    attributes: transactional | control,
    records: [{ at: first, key, value: "" }],
  });
}

const offsets = (read: { readonly records: readonly { readonly offset: number }[] }) =>
  read.records.map(({ offset }) => offset);

test("records come with their offsets, times, keys and values", () => {
  const buffer = batch({
    first: 7,
    records: [
      { at: 7, key: "a", value: "ä🌊" },
      { at: 8, key: null, value: null },
    ],
  });

  const { next, records } = readBatches(buffer, { from: 0 });

  expect(next).toBe(9);
  expect(records).toMatchObject([
    { offset: 7, key: "a", value: "ä🌊", timestampMs: 1_005 },
    { offset: 8, key: "", value: null },
  ]);
});

test("what the client library writes is read", async () => {
  const require = createRequire(import.meta.url);
  const record = require("kafkajs/src/protocol/recordBatch/record/v0") as (one: object) => {
    readonly buffer: Buffer;
  };
  const { RecordBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
    readonly RecordBatch: (one: object) => Promise<{ readonly buffer: Buffer }>;
  };
  const headers = { traceparent: "00-0af7" };
  const messages = [
    { key: "a", value: "1", headers, offsetDelta: 0, timestampDelta: 0 },
    { key: "b", value: null, offsetDelta: 1, timestampDelta: 3 },
  ];

  const { buffer } = await RecordBatch({
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_003,
    lastOffsetDelta: 1,
    records: messages.map(record),
  });

  expect(readBatches(buffer, { from: 0 }).records).toMatchObject([
    { offset: 0, key: "a", value: "1", timestampMs: 1_700_000_000_000 },
    { offset: 1, key: "b", value: null, timestampMs: 1_700_000_000_003 },
  ]);
});

test.each([
  ["gzip", 1, gzipSync],
  ["zstd", 4, zstdCompressSync],
])("a batch that is compressed with %s is read", (_, attributes, compress) => {
  const records = [{ at: 0, value: "x".repeat(1_000) }];

  const read = readBatches(batch({ first: 0, records, attributes, compress }), { from: 0 });

  expect(read.records[0]?.value).toHaveLength(1_000);
});

test.each([
  ["snappy", 2],
  ["lz4", 3],
])("a batch that is compressed with %s is refused by name", (name, attributes) => {
  const buffer = batch({ first: 0, records: [{ at: 0, value: "" }], attributes });

  expect(() => readBatches(buffer, { from: 0 })).toThrow(UnreadableBatchError);
  expect(() => readBatches(buffer, { from: 0 })).toThrow(name);
});

test("a batch that is cut off is left for the next time", () => {
  const whole = batch({ first: 0, records: [{ at: 0, value: "1" }] });
  const cut = batch({ first: 1, records: [{ at: 1, value: "2" }] });

  for (const length of [3, 11, 12, 40, cut.length - 1]) {
    const read = readBatches(Buffer.concat([whole, cut.subarray(0, length)]), { from: 0 });
    expect(offsets(read)).toEqual([0]);
    expect(read.next).toBe(1);
  }
  expect(readBatches(cut.subarray(0, 30), { from: 1 })).toEqual({ records: [], next: null });
});

test("reading goes on behind gaps and batches that compaction emptied", () => {
  const buffer = Buffer.concat([
    batch({ first: 0, last: 9, records: [{ at: 3, value: "3" }] }),
    batch({ first: 10, last: 499, records: [] }),
  ]);

  const read = readBatches(buffer, { from: 2 });

  expect(offsets(read)).toEqual([3]);
  expect(read.next).toBe(500);
});

test("records before the place that was asked for are left out, and unwanted keys", () => {
  const records = ["a", "b", "a", "c"].map((key, at) => ({ at, key, value: key }));
  const buffer = batch({ first: 0, records });

  expect(offsets(readBatches(buffer, { from: 2 }))).toEqual([2, 3]);
  expect(offsets(readBatches(buffer, { from: 0, wants: (key) => key === "a" }))).toEqual([0, 2]);
});

test("records of a transaction that was given up are nobody's, and markers too", () => {
  const inTransaction = (first: number, producerId: number) =>
    batch({
      first,
      producerId,
      attributes: transactional,
      records: [{ at: first, value: `${first}` }],
    });
  const buffer = Buffer.concat([
    inTransaction(0, 77), // committed before
    marker(1, 77, 1),
    inTransaction(2, 77), // given up
    inTransaction(3, 88), // somebody else's, committed
    batch({ first: 4, records: [{ at: 4, value: "4" }] }),
    marker(5, 77, 0),
    inTransaction(6, 77), // the next one of the same producer
    marker(7, 77, 1),
    marker(8, 88, 1),
  ]);
  const aborted = [{ producerId: 77, firstOffset: 2 }];

  const read = readBatches(buffer, { from: 0, aborted });

  expect(offsets(read)).toEqual([0, 3, 4, 6]);
  expect(read.next).toBe(9);
});

test("an older format is refused by its number", () => {
  const buffer = batch({ first: 0, records: [{ at: 0, value: "" }] });
  buffer.writeInt8(1, 16);

  expect(() => readBatches(buffer, { from: 0 })).toThrow("format 1");
});
