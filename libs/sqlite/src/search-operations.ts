/**
 * Search in two steps: codes in memory say which points may be among the nearest, and sqlite-vec
 * compares those few in full. The answer is exact.
 */
import type { Filter } from "@tidemark/domain";
import type { Connection } from "./connection.ts";
import { findDocument, liveDigests } from "./document-operations.ts";
import { GenerationCopy, type Near } from "./generation-copy.ts";
import { generationNamed, generationOf } from "./generation-operations.ts";

const selectScores = `
  select wanted.value as point, 1 - vec_distance_cosine(v.data, ?) as score
  from json_each(?) as wanted cross join vector v on v.vector = wanted.value`;
const selectIds = `select id, digest from point where point = ?`;
const selectScoresWithin = `
  select p.id, p.digest, 1 - vec_distance_cosine(v.data, ?) as score
  from point p join vector v on v.vector = p.point where p.document = ?`;

/** Copies a connection holds at once: the active generation, and the one being built. */
const copiesMax = 2;

export interface Found {
  readonly id: string;
  readonly digest: string;
  readonly documentId: string;
  readonly score: number;
}

export interface Search {
  readonly generation: string;
  readonly vector: Float32Array;
  readonly limit: number;
  readonly tenants: readonly string[] | null;
  readonly principals: readonly string[] | null;
  readonly sources: readonly string[] | null;
  readonly filter: Filter;
  readonly excluded: readonly string[];
}

export function searchPoints(connection: Connection, search: Search): readonly Found[] {
  const copy = copyOf(connection, search.generation);
  checkDimension(copy.generation.dimension, search.vector);
  copy.follow(connection, { documentsMax: Infinity });
  if (search.limit <= 0) return [];
  const near = copy.nearest(connection, {
    vector: search.vector,
    k: search.limit,
    wanted: {
      seer: {
        tenants: search.tenants && new Set(search.tenants),
        principals: search.principals && new Set(search.principals),
      },
      sources: search.sources && new Set(search.sources),
      filter: search.filter,
      excluded: new Set(search.excluded),
    },
  });
  return bestOf(connection, near, search);
}

function bestOf(connection: Connection, near: readonly Near[], search: Search): readonly Found[] {
  if (near.length === 0) return [];
  const documents = new Map(near.map(({ point, documentId }) => [point, documentId]));
  const scored = connection
    .all<{ point: number; score: number | null }>(
      selectScores,
      search.vector,
      JSON.stringify([...documents.keys()]),
    )
    .map(({ point, score }) => ({ point, score: score ?? 0 }))
    .sort((a, b) => b.score - a.score);
  // Points that are equally near as the last are told apart by their ids, so they are all looked up.
  const last = scored[Math.min(search.limit, scored.length) - 1]?.score ?? 0;
  return scored
    .filter(({ score }) => score >= last)
    .flatMap(({ point, score }): Found[] => {
      const row = connection.get<{ id: string; digest: string }>(selectIds, point);
      return row ? [{ ...row, documentId: documents.get(point) ?? "", score }] : [];
    })
    .sort(byScore)
    .slice(0, search.limit);
}

export interface SearchWithin {
  readonly generation: string;
  readonly vector: Float32Array;
  readonly documents: readonly string[];
  readonly limitPerDocument: number;
}

/** Only what the documents' manifests list. */
export function searchWithin(connection: Connection, search: SearchWithin): readonly Found[] {
  const generation = generationOf(connection, search.generation);
  checkDimension(generation.dimension, search.vector);
  return [...new Set(search.documents)]
    .flatMap((documentId) => {
      const document = findDocument(connection, generation.number, documentId);
      if (document === undefined) return [];
      const listed = liveDigests(connection, document);
      return connection
        .all<{ id: string; digest: string; score: number | null }>(
          selectScoresWithin,
          search.vector,
          document,
        )
        .filter(({ digest }) => listed.has(digest))
        .map(({ id, digest, score }) => ({ id, digest, documentId, score: score ?? 0 }))
        .sort(byScore)
        .slice(0, search.limitPerDocument);
    })
    .sort(byScore);
}

/** Takes over some changes ahead of the next search, so that it need not. */
export function followChanges(
  connection: Connection,
  follow: { readonly generation: string; readonly documentsMax: number },
): { readonly done: boolean } {
  if (!generationNamed(connection, follow.generation)) return { done: true };
  return { done: copyOf(connection, follow.generation).follow(connection, follow) };
}

const copies = new WeakMap<Connection, GenerationCopy[]>();

/** The connection's copy of the generation; the one least lately used gives way to a new one. */
function copyOf(connection: Connection, name: string): GenerationCopy {
  const generation = generationOf(connection, name);
  const held = copies.get(connection) ?? [];
  const known = held.find((copy) => copy.generation.number === generation.number);
  const copy = known ?? new GenerationCopy(generation);
  copies.set(connection, [copy, ...held.filter((other) => other !== copy)].slice(0, copiesMax));
  return copy;
}

function checkDimension(dimension: number, vector: Float32Array): void {
  if (vector.length !== dimension) {
    throw new RangeError(`a query of ${vector.length} numbers in a space of ${dimension}`);
  }
}

function byScore(a: Found, b: Found): number {
  return b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
