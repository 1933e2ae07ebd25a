/** Records → requests that the server takes: it refuses bodies above 32 MB. */
export interface BatchBounds<T> {
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly bytesOf: (record: T) => number;
}

/** In order; a record above the bound has a batch of its own. */
export function inBatches<T>(records: readonly T[], bounds: BatchBounds<T>): readonly T[][] {
  const batches: T[][] = [];
  let bytes = 0;
  for (const record of records) {
    const more = bounds.bytesOf(record);
    const last = batches.at(-1);
    if (last && last.length < bounds.recordsMax && bytes + more <= bounds.bytesMax) {
      last.push(record);
      bytes += more;
    } else {
      batches.push([record]);
      bytes = more;
    }
  }
  return batches;
}

/** Of short things, such as ids. */
export function slicesOf<T>(records: readonly T[], recordsMax: number): readonly T[][] {
  return inBatches(records, { recordsMax, bytesMax: Infinity, bytesOf: () => 0 });
}
