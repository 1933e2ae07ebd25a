/** When points were embedded, counted in slices that are short to read. */
import type { Connection } from "./connection.ts";
import { generationNamed } from "./generation-operations.ts";

const selectSlice = `
  select max(id) as last, count(*) as documents from (
    select id from document where generation = ? and id > ? and id < ? order by id limit ?)`;
const selectTimes = `
  select p.embedded_at as atMs from document d indexed by document_id
  cross join point p indexed by point_embedded on p.document = d.document
  where d.generation = ? and d.id > ? and d.id <= ?`;

export interface EmbeddedSlice {
  readonly counts: readonly number[];
  /** Where to go on; null when all were counted. */
  readonly next: string | null;
}

export function countEmbedded(
  connection: Connection,
  wanted: {
    readonly generation: string;
    readonly source: string;
    /** Null at the start. */
    readonly after: string | null;
    readonly documentsMax: number;
    /** Rising. */
    readonly timesMs: readonly number[];
  },
): EmbeddedSlice {
  const { documentsMax, source, timesMs } = wanted;
  const counts = Array.from({ length: timesMs.length + 1 }, () => 0);
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return { counts, next: null };
  const after = wanted.after ?? `${source}/`;
  // "0" follows "/".
  const slice = [generation.number, after, `${source}0`, documentsMax] as const;
  const found = connection.get<{ last: string | null; documents: number }>(selectSlice, ...slice);
  if (!found || found.last === null) return { counts, next: null };
  const { number } = generation;
  for (const { atMs } of connection.all<{ atMs: number }>(selectTimes, number, after, found.last)) {
    const stretch = stretchOf(atMs, timesMs);
    counts[stretch] = (counts[stretch] ?? 0) + 1;
  }
  return { counts, next: found.documents < documentsMax ? null : found.last };
}

/** How many of the rising times are not after this one. */
function stretchOf(atMs: number, timesMs: readonly number[]): number {
  let from = 0;
  let to = timesMs.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((timesMs[middle] ?? 0) <= atMs) from = middle + 1;
    else to = middle;
  }
  return from;
}
