/** Reads batches of records as they lie on a broker's disk: format 2, which is the only one left. */
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { AbortedTransaction } from "./fetch.ts";
import { WireReader } from "./wire-reader.ts";

export interface WireRecord {
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
  readonly timestampMs: number;
  /** Only where they are asked for; of several by one name the last. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What it takes, roughly, in memory. */
  readonly bytes: number;
}

export interface ReadBatches {
  readonly records: readonly WireRecord[];
  /** Where to read on, past gaps and what is nobody's record; null where no batch was whole. */
  readonly next: number | null;
}

export interface BatchesOptions {
  /** Records below it, which share a batch with those that were asked for, are left out. */
  readonly from: number;
  readonly aborted?: readonly AbortedTransaction[];
  /** Leaves out records by their key, before their value is read. */
  readonly wants?: (key: string) => boolean;
  readonly withHeaders?: boolean;
}

export class UnreadableBatchError extends Error {
  override name = "UnreadableBatchError";
}

const lengthAt = 8;
const headerBytes = 12;
const formatKnown = 2;
const codecBits = 0x07;
const logAppendTimeBit = 0x08;
const transactionalBit = 0x10;
const controlBit = 0x20;
const abortMarker = 0;
const recordOverheadBytes = 100;

interface Batch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly attributes: number;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: number;
  readonly count: number;
  readonly records: WireReader;
}

export function readBatches(buffer: Buffer, options: BatchesOptions): ReadBatches {
  const records: WireRecord[] = [];
  const transactions = new Transactions(options.aborted ?? []);
  let next: number | null = null;
  for (const batch of wholeBatches(buffer)) {
    next = Math.max(next ?? 0, batch.lastOffset + 1);
    if (transactions.hides(batch)) continue;
    for (let at = 0; at < batch.count; at += 1) {
      const record = readRecord(batch, options);
      if (record) records.push(record);
    }
  }
  return { records, next };
}

function* wholeBatches(buffer: Buffer): Generator<Batch> {
  let at = 0;
  while (buffer.length - at >= headerBytes) {
    const end = at + headerBytes + buffer.readInt32BE(at + lengthAt);
    // What was cut off comes whole when it is asked for first.
    if (end > buffer.length) return;
    yield readBatch(buffer.subarray(at, end));
    at = end;
  }
}

function readBatch(buffer: Buffer): Batch {
  const reader = new WireReader(buffer);
  const firstOffset = reader.int64();
  reader.int32(); // length
  reader.int32(); // leader epoch
  const format = reader.int8();
  if (format !== formatKnown) {
    throw new UnreadableBatchError(`a batch at ${firstOffset} is of format ${format}`);
  }
  reader.int32(); // checksum: TCP has one, and the broker checked this one
  const attributes = reader.int16();
  const lastOffset = firstOffset + reader.int32();
  const firstTimestampMs = reader.int64();
  const maxTimestampMs = reader.int64();
  const producerId = reader.int64();
  reader.int16(); // producer epoch
  reader.int32(); // first sequence
  const count = reader.int32();
  const rest = reader.bytes(reader.left);
  return {
    firstOffset,
    lastOffset,
    attributes,
    firstTimestampMs,
    maxTimestampMs,
    producerId,
    count,
    records: new WireReader(count === 0 ? rest : decompress(rest, attributes & codecBits)),
  };
}

function decompress(buffer: Buffer, codec: number): Buffer {
  switch (codec) {
    case 0:
      return buffer;
    case 1:
      return gunzipSync(buffer);
    case 4:
      return zstdDecompressSync(buffer);
    default: {
      const name = ["", "", "snappy", "lz4"][codec] ?? `codec ${codec}`;
      throw new UnreadableBatchError(
        `a batch is compressed with ${name}; gzip and zstd are read, or none`,
      );
    }
  }
}

function readRecord(batch: Batch, { from, wants, withHeaders }: BatchesOptions): WireRecord | null {
  const length = batch.records.varint();
  const reader = new WireReader(batch.records.bytes(length));
  reader.int8(); // attributes
  const timestampDelta = reader.varint();
  const offset = batch.firstOffset + reader.varint();
  if (offset < from) return null;
  const key = readBytes(reader)?.toString() ?? "";
  if (wants && !wants(key)) return null;
  const isStamped = (batch.attributes & logAppendTimeBit) !== 0;
  return {
    offset,
    key,
    value: readBytes(reader)?.toString() ?? null,
    timestampMs: isStamped ? batch.maxTimestampMs : batch.firstTimestampMs + timestampDelta,
    ...(withHeaders && { headers: readHeaders(reader) }),
    bytes: length + recordOverheadBytes,
  };
}

function readHeaders(reader: WireReader): Readonly<Record<string, string>> {
  const count = reader.varint();
  const headers: [string, string][] = [];
  for (let at = 0; at < count; at += 1) {
    const name = readBytes(reader)?.toString() ?? "";
    headers.push([name, readBytes(reader)?.toString() ?? ""]);
  }
  return Object.fromEntries(headers);
}

function readBytes(reader: WireReader): Buffer | null {
  const length = reader.varint();
  return length < 0 ? null : reader.bytes(length);
}

/** Tells records from markers, and those of transactions that were given up from the rest. */
class Transactions {
  readonly #ahead: AbortedTransaction[];
  readonly #aborted = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  hides(batch: Batch): boolean {
    for (let next = this.#ahead[0]; next && next.firstOffset <= batch.lastOffset;) {
      this.#aborted.add(next.producerId);
      this.#ahead.shift();
      next = this.#ahead[0];
    }
    if ((batch.attributes & controlBit) !== 0) {
      if (batch.count > 0 && markerOf(batch) === abortMarker)
        this.#aborted.delete(batch.producerId);
      return true;
    }
    return (batch.attributes & transactionalBit) !== 0 && this.#aborted.has(batch.producerId);
  }
}

/** A marker's key is its version and its type. */
function markerOf(batch: Batch): number {
  const reader = new WireReader(batch.records.bytes(batch.records.varint()));
  reader.int8();
  reader.varint();
  reader.varint();
  const key = readBytes(reader);
  return key && key.length >= 4 ? key.readInt16BE(2) : -1;
}
