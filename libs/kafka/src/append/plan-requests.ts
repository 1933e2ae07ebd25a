/**
 * Which records go together. What one call appends to a partition stays in one batch, which Kafka
 * stores whole or not at all; calls share requests, in the order in which they came.
 */
import type { NewRecord } from "@tidemark/pipeline";

export interface PlacedRecord {
  readonly record: NewRecord;
  readonly partition: number;
  readonly bytes: number;
}

export interface PlannedCall {
  readonly records: readonly PlacedRecord[];
}

/** A record of a call, by its place in it. */
export interface PlannedRecord extends PlacedRecord {
  readonly call: number;
  readonly at: number;
}

export interface PlanBounds {
  /** Of what goes to one partition at once. */
  readonly batchBytesMax: number;
  readonly requestBytesMax: number;
}

/** What a record takes besides its key and value: lengths, offset, time, a trace. */
export const recordOverheadBytes = 120;

export function bytesOf({ key, value }: NewRecord): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value ?? "") + recordOverheadBytes;
}

/**
 * By request: its records, in order. A call that is larger than a batch may be is cut, in order: of
 * it alone a part may be stored and the rest not.
 */
export function planRequests(
  calls: readonly PlannedCall[],
  bounds: PlanBounds,
): readonly (readonly PlannedRecord[])[] {
  const requests: PlannedRecord[][] = [];
  let open = new OpenRequest(bounds);
  for (const [call, { records }] of calls.entries()) {
    const planned = records.map((placed, at) => ({ ...placed, call, at }));
    if (!open.fits(planned)) {
      requests.push(open.records);
      open = new OpenRequest(bounds);
    }
    if (open.fits(planned)) {
      open.add(planned);
      continue;
    }
    for (const record of planned) {
      if (!open.fits([record])) {
        requests.push(open.records);
        open = new OpenRequest(bounds);
      }
      open.add([record]);
    }
  }
  requests.push(open.records);
  return requests.filter((records) => records.length > 0);
}

class OpenRequest {
  readonly records: PlannedRecord[] = [];
  readonly #bounds: PlanBounds;
  readonly #batchBytes = new Map<number, number>();
  #bytes = 0;

  constructor(bounds: PlanBounds) {
    this.#bounds = bounds;
  }

  /** A single record always fits into a request of its own. */
  fits(added: readonly PlannedRecord[]): boolean {
    const { batchBytesMax, requestBytesMax } = this.#bounds;
    const isEmpty = this.records.length === 0;
    if (isEmpty && added.length === 1) return true;
    const batchBytes = new Map<number, number>();
    let requestBytes = this.#bytes;
    for (const { bytes, partition } of added) {
      const before = batchBytes.get(partition) ?? this.#batchBytes.get(partition) ?? 0;
      if (before + bytes > batchBytesMax) return false;
      batchBytes.set(partition, before + bytes);
      requestBytes += bytes;
    }
    return isEmpty || requestBytes <= requestBytesMax;
  }

  add(added: readonly PlannedRecord[]): void {
    for (const record of added) {
      const before = this.#batchBytes.get(record.partition) ?? 0;
      this.#batchBytes.set(record.partition, before + record.bytes);
      this.#bytes += record.bytes;
      this.records.push(record);
    }
  }
}
