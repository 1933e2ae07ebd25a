/**
 * Search in two steps: candidates first, manifests second. Points carry copies of policies to
 * narrow candidates and nothing else; every hit is decided again from its document's manifest.
 */
import {
  keyOf,
  metadataSchemaVersion,
  type Generation,
  type Indexed,
  type Manifest,
} from "@tidemark/domain";
import type { SearchHit } from "../operations.ts";
import type { Candidate, StoredPoint, VectorIndex } from "../ports/vector-index.ts";
import { Candidates, type CandidateRequest } from "./candidates.ts";
import { isStale } from "./readable.ts";

export interface FoundHits {
  readonly hits: readonly SearchHit[];
  readonly complete: boolean;
  readonly incompleteReason: string | null;
}

export interface IndexSearch extends CandidateRequest {
  readonly per: "document" | "chunk";
  readonly preferCurrent: number;
  readonly generation: Generation;
}

/** A search with what it found on the way, for whoever explains it. */
export interface SearchedIndex {
  readonly found: FoundHits;
  /** All that was fetched and may be shown, best first; the hits are the first of them. */
  readonly ranked: readonly Ranked[];
  readonly decidedCount: number;
}

/**
 * The best allowed hits. `complete` is false when a named bound ended the search before the limit
 * was met or the candidates ran out, or when a live document changed too fast to be read whole.
 */
export async function searchIndex(index: VectorIndex, search: IndexSearch): Promise<FoundHits> {
  return (await searchRanked(index, search)).found;
}

export async function searchRanked(
  index: VectorIndex,
  search: IndexSearch,
): Promise<SearchedIndex> {
  const candidates = new Candidates(index, search);
  await candidates.collect();
  const ranked = rank(candidates, search);
  const wanted = ranked.slice(0, search.limit);
  const stored = await candidates.points(wanted.map(({ candidate }) => candidate.id));
  const hits: SearchHit[] = [];
  let swept = 0;
  for (const [at, each] of wanted.entries()) {
    const point = stored[at];
    if (point) hits.push(hitOf(each, point, search));
    else swept += 1;
  }
  const incompleteReason =
    swept > 0 ? "documents changed while they were read" : candidates.incompleteReason;
  return {
    found: { hits, complete: incompleteReason === null, incompleteReason },
    ranked,
    decidedCount: candidates.decidedCount,
  };
}

export interface Ranked {
  readonly candidate: Candidate;
  readonly manifest: Manifest & { readonly indexed: Indexed };
  readonly score: number;
}

function rank(candidates: Candidates, search: IndexSearch): Ranked[] {
  const ranked: Ranked[] = [];
  for (const { manifest, listed } of candidates.readable()) {
    const { indexed } = manifest;
    if (!indexed) continue;
    const penalty = penaltyOf(manifest, search);
    const kept = search.per === "document" ? listed.slice(0, 1) : listed;
    for (const candidate of kept) {
      ranked.push({
        candidate,
        manifest: { ...manifest, indexed },
        score: candidate.score * penalty,
      });
    }
  }
  return ranked.sort((a, b) => b.score - a.score || (a.candidate.id < b.candidate.id ? -1 : 1));
}

/** What a document's scores are multiplied with. */
export function penaltyOf(manifest: Manifest, search: Pick<IndexSearch, "preferCurrent">): number {
  return isStale(manifest) ? 1 - search.preferCurrent : 1;
}

const snippetCharactersMax = 240;

function hitOf(
  { candidate, manifest, score }: Ranked,
  point: StoredPoint,
  search: IndexSearch,
): SearchHit {
  const { seen, indexed, documentId } = manifest;
  const { recipe, id: generation, fingerprint } = search.generation;
  const title = seen.metadata["title"];
  return {
    documentId,
    source: manifest.source,
    key: keyOf(documentId),
    score,
    title: typeof title === "string" ? title : indexed.title,
    heading: point.heading,
    ordinal: indexed.live.indexOf(candidate.digest),
    chunkCount: indexed.live.length,
    text: point.text,
    snippet: snippetOf(point.text, [title, indexed.title, ...point.heading]),
    metadata: seen.metadata,
    tenant: seen.policy.tenant,
    revision: indexed.revision,
    seenRevision: seen.revision,
    stale: isStale(manifest),
    contentHash: indexed.contentHash,
    chunkId: point.id,
    fingerprint,
    model: recipe.space.model,
    dimension: recipe.space.dimension,
    chunker: `${recipe.chunker.kind}-${recipe.chunker.version}`,
    metadataSchemaVersion,
    generation,
    createdAtMs: indexed.createdAtMs,
    updatedAtMs: indexed.updatedAtMs,
    embeddedAtMs: point.embeddedAtMs,
    sourceTimeMs: indexed.sourceTimeMs,
  };
}

/**
 * The beginning of a chunk on one line, cut at a word. Headings that open the chunk are left out:
 * they are told beside it.
 */
export function snippetOf(text: string, headings: readonly unknown[] = []): string {
  const told = new Set(headings);
  const lines = text.split("\n").map((line) => line.trim());
  const begin = lines.findIndex((line) => line !== "" && !told.has(line));
  const body = begin < 0 ? lines : lines.slice(begin);
  const line = body.join(" ").replaceAll(/\s+/gu, " ").trim();
  if (line.length <= snippetCharactersMax) return line;
  const cut = line.slice(0, snippetCharactersMax);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), snippetCharactersMax / 2))} …`;
}
