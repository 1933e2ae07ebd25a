/** Exact search over a memory index: what every other index is compared with. */
import {
  digestOf,
  everyTenant,
  meetsFilter,
  type DocumentId,
  type Permissions,
} from "@tidemark/domain";
import type { Candidate, CandidateQuery, Narrowing, PointRecord } from "@tidemark/pipeline";
import type { GenerationStore } from "./index-store.ts";

export function nearest(store: GenerationStore, query: CandidateQuery): Candidate[] {
  const excluded = new Set(query.excluded);
  const candidates: Candidate[] = [];
  for (const point of store.allPoints()) {
    if (excluded.has(point.documentId) || !passes(point, query.narrowing)) continue;
    candidates.push(candidateOf(point, query.vector));
  }
  return candidates.sort(byScore).slice(0, query.limit);
}

export function nearestWithin(
  store: GenerationStore,
  vector: Float32Array,
  documents: readonly DocumentId[],
  limitPerDocument: number,
): Candidate[] {
  return documents
    .flatMap((id) =>
      store
        .pointsOf(id)
        .map((point) => candidateOf(point, vector))
        .sort(byScore)
        .slice(0, limitPerDocument),
    )
    .sort(byScore);
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let at = 0; at < a.length; at += 1) {
    const left = a[at] ?? 0;
    const right = b[at] ?? 0;
    dot += left * right;
    squaresA += left * left;
    squaresB += right * right;
  }
  return dot / Math.sqrt(squaresA * squaresB);
}

/** Whether a point may be of interest; one without copies always is. */
function passes(point: PointRecord, narrowing: Narrowing): boolean {
  if (narrowing.sources && !narrowing.sources.includes(point.source)) return false;
  if (!point.copies) return true;
  const { policy, metadata } = point.copies;
  const tenantPasses =
    narrowing.tenants === null ||
    policy.tenant === everyTenant ||
    narrowing.tenants.includes(policy.tenant);
  return (
    tenantPasses &&
    permits(policy.permissions, narrowing.principals) &&
    meetsFilter({ ...metadata, source: point.source }, narrowing.filter)
  );
}

function permits(permissions: Permissions, principals: readonly string[] | null): boolean {
  switch (permissions.kind) {
    case "unknown":
      return false;
    case "public":
      return true;
    case "only":
      return (
        principals === null || permissions.principals.some((name) => principals.includes(name))
      );
  }
}

function candidateOf(point: PointRecord, vector: Float32Array): Candidate {
  const { id, documentId } = point;
  return { id, documentId, digest: digestOf(id), score: cosine(point.vector, vector) };
}

function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}
