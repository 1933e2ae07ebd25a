/** The nearest points: candidates alone, with what says whose they are. */
import { digestOf, type DocumentId, type PointId } from "@tidemark/domain";
import type { Candidate, CandidateQuery } from "@tidemark/pipeline";
import type { Collection } from "./collection.ts";
import type { QueryBody, ScoredRecord, SearchParams } from "./exact-api.ts";
import { slicesOf } from "./in-batches.ts";
import { candidates } from "./point-copies.ts";
import { vectorName } from "./point-payload.ts";
import type { QdrantConfig } from "./qdrant-config.ts";
import { isOfDocuments, recordsOf, type RecordFilter } from "./record-filter.ts";

/** Vectors in bytes find so many times as many, which are then compared in full. */
const oversampling = 2;
const searchesPerRequestMax = 64;

export type SearchConfig = Pick<QdrantConfig, "quantization" | "searchBreadth">;

export async function searchPoints(
  collection: Collection,
  query: CandidateQuery,
  config: SearchConfig,
): Promise<readonly Candidate[]> {
  const { vector, limit, exact = false } = query;
  if (limit <= 0) return [];
  const params = exact ? { exact } : paramsFor(config, limit);
  const found = await collection.query(
    searchFor(vector, { filter: candidates(query), limit, params }),
  );
  return found.map(candidateFrom).sort(byScore);
}

/** Exact: a document has few points, and one that is overlooked has no second chance. */
export async function searchWithin(
  collection: Collection,
  vector: Float32Array,
  documents: readonly DocumentId[],
  limitPerDocument: number,
): Promise<readonly Candidate[]> {
  if (limitPerDocument <= 0) return [];
  const searches = [...new Set(documents)].map((documentId) =>
    searchFor(vector, {
      filter: recordsOf("point", { must: [isOfDocuments([documentId])] }),
      limit: limitPerDocument,
      params: { exact: true },
    }),
  );
  const within: Candidate[] = [];
  for (const slice of slicesOf(searches, searchesPerRequestMax)) {
    const found = await collection.queryEach(slice);
    within.push(...found.flat().map(candidateFrom));
  }
  return within.sort(byScore);
}

function searchFor(
  vector: Float32Array,
  search: {
    readonly filter: RecordFilter;
    readonly limit: number;
    readonly params: SearchParams;
  },
): QueryBody {
  return {
    ...search,
    query: Array.from(vector),
    using: vectorName,
    with_payload: ["document"],
    with_vector: false,
  };
}

export function paramsFor(
  { quantization, searchBreadth }: SearchConfig,
  limit: number,
): SearchParams {
  return {
    hnsw_ef: Math.max(searchBreadth, limit),
    ...(quantization === "int8" ? { quantization: { rescore: true, oversampling } } : {}),
  };
}

function candidateFrom({ id, score, payload }: ScoredRecord): Candidate {
  return {
    id: id as PointId,
    digest: digestOf(id as PointId),
    documentId: payload?.["document"] as DocumentId,
    score,
  };
}

function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}
