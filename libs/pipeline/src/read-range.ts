/** Reads a range of a partition to its end, without a group. */
import type { EventLog, LogRecord, PartitionRange } from "./ports/event-log.ts";

const recordsMaxDefault = 1_000;

/**
 * Its records in order, so many at a time, none of which is empty. Ends where nothing is left of the
 * range, which may be before its end: what was compacted or deleted is passed over.
 */
export async function* readRange(
  log: Pick<EventLog, "read">,
  topic: string,
  { begin, end, partition }: PartitionRange,
  recordsMax = recordsMaxDefault,
): AsyncGenerator<readonly LogRecord[]> {
  for (let from = begin; from < end;) {
    const range = { from, to: end, recordsMax };
    const records = await log.read(topic, partition, range);
    const last = records.at(-1);
    if (!last) return;
    yield records;
    from = last.offset + 1;
  }
}
