/**
 * How far groups have come. A group of a generation has its records in that generation's
 * collection: one that is wiped, or set back to an older snapshot, takes its progress with it.
 */
import type { Progress } from "@tidemark/pipeline";
import type { Collection } from "./collection.ts";
import type { NewRecord, UpdateMode } from "./exact-api.ts";
import { isOneOf, recordsOf, type Guard } from "./record-filter.ts";
import { progressRecordId } from "./record-id.ts";

const partitionsPerReadMax = 1_000;

export async function readProgress(
  collection: Collection,
  topic: string,
  group: string,
): Promise<ReadonlyMap<number, number>> {
  const filter = recordsOf("progress", { must: [isOneOf("group", [group])] });
  const read = {
    payload: ["topic", "partition", "offset"],
    limit: partitionsPerReadMax,
    consistency: "majority",
  } as const;
  const offsets = new Map<number, number>();
  for await (const records of collection.scrollAll(filter, read)) {
    for (const { payload } of records) {
      const found = payload as unknown as Omit<Progress, "group">;
      if (found.topic === topic) offsets.set(found.partition, found.offset);
    }
  }
  return offsets;
}

/** Each on the condition that its offset grows, from one that is as far as it is said to be. */
export async function raiseProgress(
  collection: Collection,
  progress: readonly Progress[],
): Promise<void> {
  const { begun = [], unknown = [] } = Object.groupBy(progress, ({ from = 0 }) =>
    from > 0 ? "begun" : "unknown",
  );
  await raise(collection, begun, "update_only");
  await raise(collection, unknown, "upsert");
}

async function raise(
  collection: Collection,
  progress: readonly Progress[],
  mode: UpdateMode,
): Promise<void> {
  const records = new Map<string, NewRecord>();
  const conditions: Guard[] = [];
  for (const { topic, group, partition, offset, from = 0 } of progress) {
    const id = progressRecordId({ topic, group, partition });
    const payload = { kind: "progress", topic, group, partition, offset };
    const earlier = records.get(id)?.payload["offset"];
    if (typeof earlier === "number" && earlier >= offset) continue;
    records.set(id, { id, vector: {}, payload });
    conditions.push({
      must: [{ has_id: [id] }, { key: "offset", range: { gte: from, lt: offset } }],
    });
  }
  if (records.size === 0) return;
  await collection.upsert([...records.values()], {
    mode,
    when: { should: conditions },
  });
}
