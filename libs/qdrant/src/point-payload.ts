/** A point as a record: its vector, its text, where both come from, and copies for narrowing. */
import type { DocumentId, Point, PointId, SourceName } from "@tidemark/domain";
import type { PointRecord, StoredPoint } from "@tidemark/pipeline";
import type { NewRecord, Payload, ReadRecord } from "./exact-api.ts";
import { copiesBytes, copiesPayload, noCopies, type CopiesPayload } from "./point-copies.ts";

/** The one vector of a collection; a name leaves room for others beside it. */
export const vectorName = "text";

export function pointRecord(point: PointRecord): NewRecord {
  const { documentId, copies } = point;
  return {
    id: point.id,
    vector: { [vectorName]: Array.from(point.vector) },
    payload: {
      kind: "point",
      document: documentId.toWellFormed(),
      source: point.source,
      epoch: point.revision.epoch,
      position: point.revision.position,
      text: point.text.toWellFormed(),
      heading: point.heading.map((line) => line.toWellFormed()),
      textHash: point.textHash,
      chunkHash: point.chunkHash,
      tenant: point.tenant.toWellFormed(),
      embeddedAtMs: point.embeddedAtMs,
      ...(copies ? copiesPayload(documentId, copies, point.copiesRevision) : noCopies),
    },
  };
}

export const pointFields = [
  "document",
  "source",
  "epoch",
  "position",
  "text",
  "heading",
  "textHash",
  "chunkHash",
  "tenant",
  "embeddedAtMs",
] as const;

interface PointPayload {
  readonly document: DocumentId;
  readonly source: SourceName;
  readonly epoch: number;
  readonly position: number;
  readonly text: string;
  readonly heading: readonly string[];
  readonly textHash: string;
  readonly chunkHash: string;
  readonly tenant: string;
  readonly embeddedAtMs: number;
}

export function storedPointFrom(id: string, payload: Payload): StoredPoint {
  const { document, epoch, position, text, heading, textHash, chunkHash, tenant, embeddedAtMs } =
    payload as unknown as PointPayload;
  return {
    id: id as PointId,
    documentId: document,
    revision: { epoch, position },
    text,
    heading,
    textHash,
    chunkHash,
    tenant,
    embeddedAtMs,
  };
}

export function pointFrom(record: ReadRecord): Point {
  const { id, payload } = record;
  if (!payload) throw new Error(`point ${id} came without its payload`);
  const { source } = payload as unknown as PointPayload;
  return { ...storedPointFrom(id, payload), source, vector: vectorFrom(record) };
}

export function vectorFrom({ id, vector }: ReadRecord): Float32Array {
  const numbers = vector?.[vectorName];
  if (!numbers) throw new Error(`point ${id} came without its vector`);
  return Float32Array.from(numbers);
}

/** Digits of a number in a body, near enough to bound a request. */
const bytesPerNumber = 21;
const bytesBeside = 1_024;

export function pointBytes({ vector, payload }: NewRecord): number {
  const numbers = vector[vectorName]?.length ?? 0;
  const { text, ...rest } = payload as unknown as CopiesPayload & { readonly text: string };
  return numbers * bytesPerNumber + text.length * 2 + copiesBytes(rest) + bytesBeside;
}
