/** Points as they are stored, and back. */
import {
  digestOf,
  type DocumentId,
  type Point,
  type PointId,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { sourceOf } from "@tidemark/domain";
import type { StoredPoint } from "@tidemark/pipeline";
import { vectorFrom } from "./generation-copy.ts";
import type { PointBatch, StoredRow } from "./point-operations.ts";

export function pointBatch(points: readonly Point[]): PointBatch {
  const length = points.reduce((sum, { vector }) => sum + vector.length, 0);
  const vectors = new Float32Array(length);
  let at = 0;
  const rows = points.map(({ vector, revision, heading, source: _source, ...point }) => {
    vectors.set(vector, at);
    at += vector.length;
    return {
      ...point,
      ...revision,
      digest: digestOf(point.id),
      heading: JSON.stringify(heading),
    };
  });
  return { rows, vectors };
}

export function storedPointFrom(row: StoredRow): StoredPoint {
  const { epoch, position, heading, id, documentId, ...rest } = row;
  return {
    ...rest,
    id: id as PointId,
    documentId: documentId as DocumentId,
    revision: { epoch, position } satisfies Revision,
    heading: JSON.parse(heading) as readonly string[],
  };
}

export function pointFrom({ data, ...row }: StoredRow & { readonly data: Uint8Array }): Point {
  const stored = storedPointFrom(row);
  const source: SourceName = sourceOf(stored.documentId);
  return { ...stored, source, vector: copiedVector(data) };
}

/** A vector of its own, whatever thread or buffer the bytes came from. */
export function copiedVector(data: Uint8Array): Float32Array {
  return Float32Array.from(vectorFrom(data));
}
