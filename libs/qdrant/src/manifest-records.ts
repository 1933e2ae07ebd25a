/** Manifests in a generation's collection. Who won a write is not said: it is read back. */
import type { DocumentId, GenerationId, Manifest, Token } from "@tidemark/domain";
import {
  ManifestCounter,
  mapBounded,
  type ListedPage,
  type ManifestPage,
  type ManifestRange,
  type ManifestUpdate,
  type SourceCounts,
} from "@tidemark/pipeline";
import type { Collection } from "./collection.ts";
import type { NewRecord } from "./exact-api.ts";
import { inBatches, slicesOf } from "./in-batches.ts";
import {
  listedFields,
  listedFrom,
  manifestBytes,
  manifestFrom,
  manifestRecord,
  tallyFrom,
  wholeManifest,
} from "./manifest-payload.ts";
import { isOneOf, nothing, recordsOf, type Guard, type RecordFilter } from "./record-filter.ts";
import { manifestRecordId } from "./record-id.ts";

const manifestsPerReadMax = 256;
const manifestsPerWriteMax = 256;
const bytesPerWriteMax = 8 << 20;
const writesAtOnceMax = 2;
const consistency = "majority";

export async function readManifests(
  collection: Collection,
  generation: GenerationId,
  ids: readonly DocumentId[],
): Promise<readonly (Manifest | undefined)[]> {
  const recordIds = ids.map((id) => manifestRecordId(generation, id));
  const found = new Map<string, Manifest>();
  for (const slice of slicesOf([...new Set(recordIds)], manifestsPerReadMax)) {
    const records = await collection.get(slice, { payload: wholeManifest, consistency });
    for (const { id, payload } of records) if (payload) found.set(id, manifestFrom(payload));
  }
  return recordIds.map((id) => found.get(id));
}

export async function insertManifests(
  collection: Collection,
  generation: GenerationId,
  manifests: readonly Manifest[],
): Promise<void> {
  const records = manifests.map((manifest) => manifestRecord(generation, manifest));
  await mapBounded(batchesOf(records), writesAtOnceMax, (batch) =>
    collection.upsert(batch, { mode: "insert_only" }),
  );
}

/** Each on its own condition, many in one request. */
export async function updateManifests(
  collection: Collection,
  generation: GenerationId,
  updates: readonly ManifestUpdate[],
): Promise<void> {
  const tokens = new Map<string, Token>();
  const records = updates.map(({ manifest, tokenRead }) => {
    const record = manifestRecord(generation, manifest);
    tokens.set(record.id, tokenRead);
    return record;
  });
  await mapBounded(batchesOf(records), writesAtOnceMax, (batch) =>
    collection.upsert(batch, {
      mode: "update_only",
      when: { should: batch.map(({ id }) => hasToken(id, tokens.get(id))) },
    }),
  );
}

export async function scrollManifests(
  collection: Collection,
  { source, from, limit }: ManifestRange,
): Promise<ManifestPage> {
  const read = { payload: wholeManifest, consistency, limit, from } as const;
  const { records, next } = await collection.scroll(manifestsOf(source), read);
  return {
    manifests: records.flatMap(({ payload }) => (payload ? [manifestFrom(payload)] : [])),
    next,
  };
}

export async function scrollListed(
  collection: Collection,
  { source, from, limit }: ManifestRange,
): Promise<ListedPage> {
  const read = { payload: listedFields, consistency, limit, from } as const;
  const { records, next } = await collection.scroll(manifestsOf(source), read);
  return { listed: records.flatMap(({ payload }) => (payload ? [listedFrom(payload)] : [])), next };
}

/** Manifests that count alike are counted together; above this many kinds of them, none are. */
const talliesMax = 100_000;

/** Null when manifests differ too much to be counted so. */
export async function countManifests(
  collection: Collection,
): Promise<readonly SourceCounts[] | null> {
  const tallies = await collection.facet({
    key: "tally",
    filter: recordsOf("manifest"),
    limit: talliesMax,
  });
  if (tallies.length === talliesMax) return null;
  const counter = new ManifestCounter();
  for (const { value, count } of tallies) counter.addAlike(tallyFrom(String(value)), count);
  for (const { source, pending } of counter.bySource()) {
    if (pending === 0) continue;
    const { records } = await collection.scroll(manifestsOf(source), {
      payload: ["pendingSinceMs"],
      limit: 1,
      orderBy: "pendingSinceMs",
    });
    const since = records[0]?.payload?.["pendingSinceMs"];
    if (typeof since === "number") counter.notePending(source, since);
  }
  return counter.bySource();
}

function manifestsOf(source: ManifestRange["source"]): RecordFilter {
  return recordsOf("manifest", source === null ? {} : { must: [isOneOf("source", [source])] });
}

function hasToken(recordId: string, token: Token | undefined): Guard {
  if (token === undefined) return { must: [nothing] };
  return { must: [{ has_id: [recordId] }, { key: "token", match: { value: token } }] };
}

function batchesOf(records: readonly NewRecord[]) {
  return inBatches(records, {
    recordsMax: manifestsPerWriteMax,
    bytesMax: bytesPerWriteMax,
    bytesOf: manifestBytes,
  });
}
