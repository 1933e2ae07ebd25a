/**
 * Where a member begins to read a partition.
 *
 *   the group's offset   topic           begins at
 *   none                 any             what is kept
 *   within what is kept  any             the offset
 *   below                compacted       what is kept: newer records say the same or more
 *   below                not compacted   nowhere: records are gone that nobody read
 *   beyond               any             nowhere: the log has lost what was read already
 */
import { OffsetOutOfRangeError, type PartitionRange } from "@tidemark/pipeline";
import type { Place } from "./held-partitions.ts";

export function placeOf(input: {
  readonly topic: string;
  readonly compacted: boolean;
  readonly range: PartitionRange;
  /** Null where the group has none. */
  readonly offset: number | null;
}): Place {
  const { compacted, offset, topic, range } = input;
  const { begin, end, partition } = range;
  if (offset === null) return { kind: "proved", offset: begin };
  if (offset > end || (offset < begin && !compacted)) {
    const error = new OffsetOutOfRangeError({ topic, partition, offset, begin, end });
    return { kind: "lost", error };
  }
  return { kind: "proved", offset: Math.max(begin, offset) };
}
