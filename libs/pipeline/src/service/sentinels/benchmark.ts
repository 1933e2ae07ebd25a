/**
 * The neighbours of the benchmark's questions: those a search finds now against those of the run
 * before, and those an approximate search finds against the true ones over the same stored vectors.
 */
import {
  compareRevisions,
  digestOf,
  meanOf,
  neighbourOverlap,
  standingOf,
  topK,
  trueNeighboursFound,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type PointId,
} from "@tidemark/domain";
import type { Candidate, VectorIndex } from "../../ports/vector-index.ts";

/** One question's nearest points. */
export interface Neighbours {
  readonly points: readonly (readonly [id: PointId, documentId: DocumentId])[];
}

export interface BenchmarkResult {
  /** In the order of the questions. */
  readonly neighbours: readonly Neighbours[];
  /** Null at the first run, or where nothing of it is left. */
  readonly overlap: number | null;
  /** Null where the index has no points. */
  readonly recall: { readonly wanted: number; readonly found: number } | null;
}

/** More than are compared: some may have come since the run before. */
const searchedMax = 3 * topK;
const everything = { tenants: null, principals: null, sources: null, filter: {} } as const;

export async function runBenchmark(input: {
  readonly index: VectorIndex;
  readonly generation: GenerationId;
  /** Of the questions, as they are embedded now. */
  readonly vectors: readonly Float32Array[];
  readonly before: { readonly atMs: number; readonly neighbours: readonly Neighbours[] } | null;
}): Promise<BenchmarkResult> {
  const { before, generation, index, vectors } = input;
  const neighbours: Neighbours[] = [];
  const overlaps: number[] = [];
  const recall = { wanted: 0, found: 0 };
  for (const [at, vector] of vectors.entries()) {
    const found = await search(vector, { exact: false });
    const counted = await compareWithTrue(vector, found);
    recall.wanted += counted.wanted;
    recall.found += counted.found;
    const earlier = before?.neighbours[at]?.points;
    const overlap = earlier && (await overlapWith(earlier, found, before.atMs));
    if (typeof overlap === "number") overlaps.push(overlap);
    neighbours.push({ points: found.slice(0, topK).map(({ id, documentId }) => [id, documentId]) });
  }
  return { neighbours, overlap: meanOf(overlaps), recall: recall.wanted === 0 ? null : recall };

  function search(
    vector: Float32Array,
    { exact }: { readonly exact: boolean },
  ): Promise<readonly Candidate[]> {
    const limit = exact ? topK : searchedMax;
    return index.search(generation, { vector, limit, narrowing: everything, excluded: [], exact });
  }

  async function compareWithTrue(vector: Float32Array, found: readonly Candidate[]) {
    const exact = await search(vector, { exact: true });
    const counted = trueNeighboursFound(exact, found);
    if (counted.found === counted.wanted) return counted;
    const again = await search(vector, { exact: true });
    const isSame = exact.every(({ id }, place) => again[place]?.id === id);
    return isSame ? counted : { wanted: 0, found: 0 };
  }

  async function overlapWith(
    earlier: Neighbours["points"],
    found: readonly Candidate[],
    sinceMs: number,
  ): Promise<number | null> {
    const documents = [
      ...new Set([...earlier.map(([, id]) => id), ...found.map(({ documentId }) => documentId)]),
    ];
    const manifests = new Map<DocumentId, Manifest | undefined>();
    const read = await index.manifests(generation, documents);
    for (const [place, id] of documents.entries()) manifests.set(id, read[place]);
    return neighbourOverlap(
      earlier.map(([id, documentId]) => ({ id, isGone: hasChanged(id, documentId) })),
      found.map(({ id, documentId }) => ({ id, isNew: hasChanged(id, documentId) })),
    );

    /** Since the run before. A document of which nothing is known any more has not changed: it is lost. */
    function hasChanged(id: PointId, documentId: DocumentId): boolean {
      const manifest = manifests.get(documentId);
      if (!manifest) return false;
      const { indexed, seen } = manifest;
      if (standingOf(manifest) !== "searchable" || !indexed) return true;
      const isPending = compareRevisions(seen.revision, indexed.revision) > 0;
      const isTouched = Math.max(seen.seenAtMs, indexed.updatedAtMs) >= sinceMs;
      return isPending || isTouched || !indexed.live.includes(digestOf(id));
    }
  }
}
