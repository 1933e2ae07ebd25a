/**
 * Tries out, on a record of its own, the conditions that the commit protocol rests on. A server
 * that does not know a field ignores it with 200, and a proxy may drop it: then every stale write
 * would win in silence.
 */
import type { Collection } from "./collection.ts";
import { UnfitServerError } from "./errors.ts";
import type { NewRecord } from "./exact-api.ts";
import { isOneOf, recordsOf, type Guard } from "./record-filter.ts";
import { probeRecordId } from "./record-id.ts";

/** @param name of which no other process has a probe */
export async function probeGuard(collection: Collection, name: string): Promise<void> {
  const id = probeRecordId(name);
  const absentId = probeRecordId(`${name} absent`);
  const holds = async (expected: number | null, what: string, of = id) => {
    const [found] = await collection.get([of], { payload: ["offset"], consistency: "majority" });
    if ((found?.payload?.["offset"] ?? null) === expected) return;
    throw new UnfitServerError(`this Qdrant does not guard what is written: ${what}`);
  };
  try {
    await collection.upsert([aRecord(id, 1)], { mode: "insert_only" });
    await holds(1, "a record that was inserted is not there");

    await collection.upsert([aRecord(id, 2)], { mode: "insert_only" });
    await holds(1, "inserting replaced a record that was there");

    await collection.upsert([aRecord(id, 3)], { mode: "update_only", when: hasOffset(id, 9) });
    await holds(1, "a write was applied whose condition was not met");

    const when: Guard = { should: [hasOffset(absentId, 9), hasOffset(id, 1)] };
    await collection.upsert([aRecord(id, 4), aRecord(absentId, 4)], { mode: "update_only", when });
    await holds(4, "a write was not applied whose condition was met");
    await holds(null, "updating inserted a record that was not there", absentId);
  } finally {
    await collection.delete(recordsOf("probe", { must: [{ has_id: [id, absentId] }] }));
  }
}

function aRecord(id: string, offset: number): NewRecord {
  return { id, vector: {}, payload: { kind: "probe", group: "probe", offset } };
}

function hasOffset(id: string, offset: number): Guard {
  const isEqual = { key: "offset", range: { gte: offset, lte: offset } } as const;
  return { must: [{ has_id: [id] }, isOneOf("group", ["probe"]), isEqual] };
}
