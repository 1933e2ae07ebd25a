/** Points in a generation's collection: written and removed on the condition of their revision. */
import {
  digestOf,
  formatRevision,
  type DocumentId,
  type Point,
  type PointDigest,
  type PointId,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import {
  mapBounded,
  type DocumentCopies,
  type PointRecord,
  type PointSweep,
  type StoredPoint,
} from "@tidemark/pipeline";
import type { Collection } from "./collection.ts";
import { inBatches, slicesOf } from "./in-batches.ts";
import { copiesBytes, copiesPayload } from "./point-copies.ts";
import {
  pointBytes,
  pointFields,
  pointFrom,
  pointRecord,
  storedPointFrom,
  vectorFrom,
} from "./point-payload.ts";
import {
  copied,
  isNotNewer,
  isOfDocuments,
  isOlder,
  isOneOf,
  recordsOf,
  written,
  type Clauses,
  type Condition,
} from "./record-filter.ts";

const pointsPerWriteMax = 256;
const bytesPerWriteMax = 8 << 20;
const writesAtOnceMax = 2;
const idsPerPageMax = 10_000;
const pointsPerPageMax = 256;
const hashesPerReadMax = 256;
const documentsPerReadMax = 256;
const documentsPerWriteMax = 256;

export async function putPoints(
  collection: Collection,
  points: readonly PointRecord[],
): Promise<void> {
  const records = points.map((point) => ({ point, record: pointRecord(point) }));
  const batches = inBatches(records, {
    recordsMax: pointsPerWriteMax,
    bytesMax: bytesPerWriteMax,
    bytesOf: ({ record }) => pointBytes(record),
  });
  await mapBounded(batches, writesAtOnceMax, (batch) =>
    collection.upsert(
      batch.map(({ record }) => record),
      { mode: "upsert", when: mayReplace(batch.map(({ point }) => point)) },
    ),
  );
}

/** One condition for a whole request: which points, and what each may replace. */
export function mayReplace(points: readonly PointRecord[]): Clauses {
  const groups = new Map<
    string,
    { readonly ids: PointId[]; readonly when: readonly Condition[] }
  >();
  for (const point of points) {
    const { copies, copiesRevision, revision } = point;
    const name = `${formatRevision(revision)} ${copies ? formatRevision(copiesRevision) : ""}`;
    const group = groups.get(name) ?? { ids: [], when: replaceable(point) };
    group.ids.push(point.id);
    groups.set(name, group);
  }
  const should = [...groups.values()].map(({ ids, when }): Condition => ({
    must: [{ has_id: ids }, ...when],
  }));
  return { should };
}

/** Without copies only what is strictly older: see what an index of primitives promises. */
function replaceable({ copies, copiesRevision, revision }: PointRecord): readonly Condition[] {
  return copies
    ? [isNotNewer(written, revision), isNotNewer(copied, copiesRevision)]
    : [isOlder(written, revision)];
}

export async function copiesBehind(
  collection: Collection,
  documents: readonly { readonly documentId: DocumentId; readonly revision: Revision }[],
): Promise<ReadonlySet<DocumentId>> {
  const behind = new Set<DocumentId>();
  for (const slice of slicesOf(documents, documentsPerReadMax)) {
    const should = slice.map(({ documentId, revision }): Condition => ({
      must: [isOfDocuments([documentId]), isOlder(copied, revision)],
    }));
    const found = await collection.facet({
      key: "document",
      filter: recordsOf("point", { should }),
      limit: slice.length,
    });
    const values = new Set(found.map(({ value }) => value));
    for (const { documentId } of slice) {
      if (values.has(documentId.toWellFormed())) behind.add(documentId);
    }
  }
  return behind;
}

export async function setCopies(
  collection: Collection,
  documents: readonly DocumentCopies[],
): Promise<void> {
  const changes = documents.map(({ documentId, copies, revision }) => {
    const must = [isOfDocuments([documentId]), isOlder(copied, revision)];
    const payload = { ...copiesPayload(documentId, copies, revision) };
    return { filter: recordsOf("point", { must }), payload };
  });
  const batches = inBatches(changes, {
    recordsMax: documentsPerWriteMax,
    bytesMax: bytesPerWriteMax,
    bytesOf: ({ payload }) => copiesBytes(payload),
  });
  for (const batch of batches) await collection.setPayloads(batch);
}

/**
 * Looked up first: most sweeps find nothing, and a write that changes nothing waits for the disk
 * all the same. The condition holds when it is done.
 */
export async function deletePoints(
  collection: Collection,
  sweeps: readonly PointSweep[],
): Promise<void> {
  for (const slice of slicesOf(sweeps, documentsPerReadMax)) {
    const older = slice.map((sweep): Condition => ({ must: isBelow(sweep) }));
    const found = await idsByDocument(collection, { should: older });
    const doomed = slice.flatMap((sweep): Condition[] => {
      const spared = new Set(sweep.spare);
      const ids = found.get(sweep.documentId.toWellFormed()) ?? [];
      const unspared = ids.filter((id) => !spared.has(digestOf(id)));
      return unspared.length === 0 ? [] : [{ must: [{ has_id: unspared }, ...isBelow(sweep)] }];
    });
    if (doomed.length > 0) await collection.delete(recordsOf("point", { should: doomed }));
  }
}

function isBelow({ documentId, below }: PointSweep): readonly Condition[] {
  return [isOfDocuments([documentId]), isOlder(written, below)];
}

export async function existing(
  collection: Collection,
  documentId: DocumentId,
  digests: readonly PointDigest[],
): Promise<ReadonlySet<PointDigest>> {
  if (digests.length === 0) return new Set();
  const found = await idsByDocument(collection, { must: [isOfDocuments([documentId])] });
  const stored = new Set([...found.values()].flat().map(digestOf));
  return new Set(digests.filter((digest) => stored.has(digest)));
}

/** One vector of each text: a text that stands in many documents is not fetched from all. */
export async function vectorsByText(
  collection: Collection,
  tenant: string,
  textHashes: readonly string[],
): Promise<ReadonlyMap<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  const isOfTenant = isOneOf("tenant", [tenant.toWellFormed()]);
  for (const slice of slicesOf([...new Set(textHashes)], hashesPerReadMax)) {
    let wanted = slice;
    for (let isWhole = false; wanted.length > 0 && !isWhole;) {
      const must = [isOneOf("textHash", wanted), isOfTenant];
      const { records, next } = await collection.scroll(recordsOf("point", { must }), {
        payload: ["textHash"],
        vector: true,
        limit: wanted.length,
      });
      for (const record of records) {
        vectors.set(String(record.payload?.["textHash"]), vectorFrom(record));
      }
      isWhole = next === null || records.length === 0;
      wanted = wanted.filter((hash) => !vectors.has(hash));
    }
  }
  return vectors;
}

export async function storedPoints(
  collection: Collection,
  ids: readonly PointId[],
): Promise<readonly (StoredPoint | undefined)[]> {
  const found = new Map<string, StoredPoint>();
  for (const slice of slicesOf([...new Set(ids)], pointsPerPageMax)) {
    for (const { id, payload } of await collection.get(slice, { payload: pointFields })) {
      if (payload) found.set(id, storedPointFrom(id, payload));
    }
  }
  return ids.map((id) => found.get(id));
}

export async function pointsOf(
  collection: Collection,
  documentId: DocumentId,
): Promise<readonly Point[]> {
  const filter = recordsOf("point", { must: [isOfDocuments([documentId])] });
  const read = { payload: pointFields, vector: true, limit: pointsPerPageMax };
  const points: Point[] = [];
  for await (const records of collection.scrollAll(filter, read)) {
    points.push(...records.map(pointFrom));
  }
  return points;
}

async function idsByDocument(
  collection: Collection,
  clauses: Clauses,
): Promise<ReadonlyMap<string, readonly PointId[]>> {
  const found = new Map<string, PointId[]>();
  const read = { payload: ["document"], limit: idsPerPageMax };
  for await (const records of collection.scrollAll(recordsOf("point", clauses), read)) {
    for (const { id, payload } of records) {
      const document = String(payload?.["document"]);
      const ids = found.get(document) ?? [];
      ids.push(id as PointId);
      found.set(document, ids);
    }
  }
  return found;
}

export function countEmbedded(
  collection: Collection,
  source: SourceName,
  { fromMs, toMs }: { readonly fromMs: number | null; readonly toMs: number | null },
): Promise<number> {
  const range = {
    ...(fromMs === null ? {} : { gte: fromMs }),
    ...(toMs === null ? {} : { lt: toMs }),
  };
  const isWithin: readonly Condition[] =
    fromMs === null && toMs === null ? [] : [{ key: "embeddedAtMs", range }];
  return collection.count(recordsOf("point", { must: [isOneOf("source", [source]), ...isWithin] }));
}
