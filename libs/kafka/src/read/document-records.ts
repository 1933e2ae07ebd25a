/**
 * A document's own records, newest first. Kafka has no index by key, so the document's partition is
 * read backwards, a window at a time: what is older than the last `recordsLookedAtMax` records of
 * the partition is not found. That is enough to say why a document is as it is.
 */
import type { DocumentId } from "@tidemark/domain";
import type { LogRecord, PartitionRange } from "@tidemark/pipeline";
import type { PartitionReader } from "./partition-reader.ts";

export const recordsLookedAtMax = 200_000;
const windowFirst = 500;
const windowMax = 20_000;
const facets = ["metadata", "permissions"] as const;

export async function recordsOfDocument(
  reader: PartitionReader,
  wanted: {
    readonly topic: string;
    readonly id: DocumentId;
    readonly range: PartitionRange;
    readonly recordsMax: number;
  },
): Promise<readonly LogRecord[]> {
  const { id, range, recordsMax, topic } = wanted;
  const keys = new Set<string>([id, ...facets.map((facet) => `${id}#${facet}`)]);
  const begin = Math.max(range.begin, range.end - recordsLookedAtMax);
  const found: LogRecord[] = [];
  // What was written of late is what is asked for most, so windows begin small.
  for (let window = windowFirst, to = range.end; to > begin && found.length < recordsMax;) {
    const from = Math.max(begin, to - window);
    const records = await reader.read(topic, range.partition, {
      from,
      to,
      recordsMax: Infinity,
      wants: (key) => keys.has(key),
    });
    found.push(...records.toReversed());
    to = from;
    window = Math.min(window * 2, windowMax);
  }
  return found.slice(0, recordsMax);
}
