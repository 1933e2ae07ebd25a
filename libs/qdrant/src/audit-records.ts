/** What an audit reads of a collection: everything that is stored but texts and vectors. */
import {
  zeroRevision,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type PointId,
  type Revision,
} from "@tidemark/domain";
import {
  copiesOf,
  type KeptManifest,
  type KeptPage,
  type KeptPoint,
  type KeptPointPage,
  type ManifestRange,
} from "@tidemark/pipeline";
import type { Collection } from "./collection.ts";
import type { Payload, ReadRecord } from "./exact-api.ts";
import { slicesOf } from "./in-batches.ts";
import { listedFields, manifestFrom, manifestRecord, wholeManifest } from "./manifest-payload.ts";
import { copiedFields, copiesPayload, narrowsOf, type CopiesPayload } from "./point-copies.ts";
import { isOfDocuments, isOneOf, recordsOf, type Condition } from "./record-filter.ts";
import { manifestRecordId } from "./record-id.ts";

const documentsPerReadMax = 256;
const pointsPerPageMax = 10_000;
const consistency = "majority";
const keptFields = [...wholeManifest, ...listedFields, "source", "token", "tally"] as const;
const leafFields = ["document", ...copiedFields] as const;
const pointFields = [...leafFields, "epoch", "position"] as const;

export async function scrollKept(
  collection: Collection,
  generation: GenerationId,
  { from, limit, source }: ManifestRange,
): Promise<KeptPage> {
  const filter = recordsOf("manifest", { must: ofSource(source) });
  const read = { payload: keptFields, consistency, limit, from, compressed: true } as const;
  const { next, records } = await collection.scroll(filter, read);
  return { kept: records.map((record) => keptFrom(generation, record)), next };
}

export async function readKept(
  collection: Collection,
  generation: GenerationId,
  ids: readonly DocumentId[],
): Promise<readonly (KeptManifest | undefined)[]> {
  const recordIds = ids.map((id) => manifestRecordId(generation, id));
  const found = new Map<string, KeptManifest>();
  for (const slice of slicesOf([...new Set(recordIds)], documentsPerReadMax)) {
    for (const record of await collection.get(slice, { payload: keptFields, consistency })) {
      found.set(record.id, keptFrom(generation, record));
    }
  }
  return recordIds.map((id) => found.get(id));
}

export async function scrollPoints(
  collection: Collection,
  { from, limit, source }: ManifestRange,
): Promise<KeptPointPage> {
  const read = { payload: leafFields, consistency, limit, from, compressed: true } as const;
  const filter = recordsOf("point", { must: ofSource(source) });
  const { next, records } = await collection.scroll(filter, read);
  return { points: records.map(narrowedPoint), next };
}

export async function pointsWithin(
  collection: Collection,
  ids: readonly DocumentId[],
): Promise<readonly KeptPoint[]> {
  const points: KeptPoint[] = [];
  const read = { payload: pointFields, consistency, limit: pointsPerPageMax } as const;
  for (const slice of slicesOf(ids, documentsPerReadMax)) {
    const filter = recordsOf("point", { must: [isOfDocuments(slice)] });
    for await (const records of collection.scrollAll(filter, read)) {
      points.push(...records.map(keptPoint));
    }
  }
  return points;
}

/** Every one of them under an id that no writer and no reader derives from its document. */
export async function strayManifests(
  collection: Collection,
  generation: GenerationId,
  ids: readonly DocumentId[],
): Promise<readonly number[]> {
  const strays = new Map<string, number>();
  const read = { payload: ["document"], consistency, limit: pointsPerPageMax } as const;
  for (const slice of slicesOf(ids, documentsPerReadMax)) {
    const filter = straysOf(generation, slice);
    for await (const records of collection.scrollAll(filter, read)) {
      for (const { payload } of records) {
        const document = String(payload?.["document"]);
        strays.set(document, (strays.get(document) ?? 0) + 1);
      }
    }
  }
  return ids.map((id) => strays.get(id.toWellFormed()) ?? 0);
}

/** Looked up first: there hardly ever is one, and a write waits for the disk all the same. */
export async function deleteStrayManifests(
  collection: Collection,
  generation: GenerationId,
  ids: readonly DocumentId[],
): Promise<void> {
  const found = await strayManifests(collection, generation, ids);
  const doomed = ids.filter((_id, at) => (found[at] ?? 0) > 0);
  for (const slice of slicesOf(doomed, documentsPerReadMax)) {
    await collection.delete(straysOf(generation, slice));
  }
}

function straysOf(generation: GenerationId, ids: readonly DocumentId[]) {
  return recordsOf("manifest", {
    must: [isOfDocuments(ids)],
    must_not: [{ has_id: ids.map((id) => manifestRecordId(generation, id)) }],
  });
}

export function narrowsOfManifest(manifest: Manifest): string {
  const payload = copiesPayload(manifest.documentId, copiesOf(manifest), zeroRevision);
  return narrowsOf(payload) ?? "";
}

function ofSource(source: ManifestRange["source"]): readonly Condition[] {
  return source === null ? [] : [isOneOf("source", [source])];
}

/** A manifest that stands where nobody looks for it is none that can be trusted. */
function keptFrom(generation: GenerationId, { id, payload }: ReadRecord): KeptManifest {
  if (!payload) throw new Error(`manifest ${id} came without its payload`);
  const manifest = manifestFrom(payload);
  const kept = manifestRecord(generation, manifest);
  const isKeptAlike =
    kept.id === id && keptFields.every((field) => isSame(kept.payload, payload, field));
  return { manifest, isKeptAlike };
}

function isSame(one: Payload, other: Payload, field: string): boolean {
  // What it was written from: the text is compared by what it says.
  if (field === "manifest") return true;
  return (one[field] ?? null) === (other[field] ?? null);
}

function keptPoint(record: ReadRecord): KeptPoint {
  const { epoch, position } = record.payload as unknown as Revision;
  return { ...narrowedPoint(record), revision: { epoch, position } };
}

function narrowedPoint({ id, payload }: ReadRecord): Omit<KeptPoint, "revision"> {
  if (!payload) throw new Error(`point ${id} came without its payload`);
  const { document, ...copies } = payload as unknown as CopiesPayload & {
    readonly document: DocumentId;
  };
  return { documentId: document, id: id as PointId, narrows: narrowsOf(copies) };
}
