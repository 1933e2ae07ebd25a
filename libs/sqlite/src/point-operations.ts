/** Points, and the vectors of swept ones. */
import type { Connection } from "./connection.ts";
import { ensureDocument, findDocument, liveDigests, noteChange } from "./document-operations.ts";
import type { InDocument } from "./document-operations.ts";
import { generationNamed, generationOf, type Generation } from "./generation-operations.ts";

const selectPoint = `
  select p.point, p.epoch, p.position, v.data from point p join vector v on v.vector = p.point
  where p.document = ? and p.digest = ?`;
const insertVector = `insert into vector (data) values (?)`;
const insertPoint = `
  insert into point (point, document, digest, id, epoch, position, text_hash, chunk_hash, tenant,
    embedded_at, heading, text)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const updatePoint = `
  update point set epoch = ?, position = ?, text_hash = ?, chunk_hash = ?, tenant = ?,
    embedded_at = ?, heading = ?, text = ?
  where point = ?`;
const deletePoint = `delete from point where point = ?`;
const deleteVector = `delete from vector where vector = ?`;
const selectSweep = `
  select point, digest, text_hash as textHash, tenant, (epoch, position) < (?, ?) as before
  from point where document = ? and digest > ? order by digest limit ?`;
const insertCached = `
  insert into vector_cache (vector, generation, tenant, text_hash) values (?, ?, ?, ?)`;
const selectLastCached = `select max(entry) as entry from vector_cache`;
const selectOldCached = `
  select entry, vector from vector_cache where entry <= ? order by entry limit ?`;
const deleteCached = `delete from vector_cache where entry = ?`;
const selectExisting = `
  select p.digest from json_each(?) as wanted
  cross join point p on p.document = ? and p.digest = wanted.value`;
const selectVectorOfPoint = `
  select v.data from point p
  join document d on d.document = p.document
  join vector v on v.vector = p.point
  where p.text_hash = ? and p.tenant = ? and d.generation = ? limit 1`;
const selectVectorOfCache = `
  select v.data from vector_cache c join vector v on v.vector = c.vector
  where c.text_hash = ? and c.tenant = ? and c.generation = ? limit 1`;
const selectStored = `
  select p.id, d.id as documentId, p.epoch, p.position, p.text, p.heading,
    p.text_hash as textHash, p.chunk_hash as chunkHash, p.tenant, p.embedded_at as embeddedAtMs
  from point p join document d on d.document = p.document
  where p.id = ? and d.generation = ?`;
const selectPointsOf = `
  select p.id, d.id as documentId, p.epoch, p.position, p.text, p.heading,
    p.text_hash as textHash, p.chunk_hash as chunkHash, p.tenant, p.embedded_at as embeddedAtMs,
    v.data
  from document d join point p on p.document = d.document join vector v on v.vector = p.point
  where d.document = ? order by p.digest`;

/** A point without its vector. */
export interface PointRow {
  readonly id: string;
  readonly digest: string;
  readonly documentId: string;
  readonly epoch: number;
  readonly position: number;
  readonly text: string;
  /** A JSON list. */
  readonly heading: string;
  readonly textHash: string;
  readonly chunkHash: string;
  readonly tenant: string;
  readonly embeddedAtMs: number;
}

/** Points with their vectors end to end, so that one buffer travels between threads. */
export interface PointBatch {
  readonly rows: readonly PointRow[];
  readonly vectors: Float32Array;
}

export function putPoints(
  connection: Connection,
  put: { readonly generation: string; readonly points: PointBatch },
): void {
  putBatch(connection, generationOf(connection, put.generation), put.points);
}

/** @throws RangeError when the vectors are not of the generation's dimension. */
export function putBatch(
  connection: Connection,
  { number, dimension }: Generation,
  { rows, vectors }: PointBatch,
): void {
  if (vectors.length !== rows.length * dimension) {
    throw new RangeError(
      `${rows.length} points of ${dimension} numbers each, but ${vectors.length} numbers came`,
    );
  }
  let id = "";
  let document = 0;
  for (const [index, row] of rows.entries()) {
    if (row.documentId !== id) {
      id = row.documentId;
      document = ensureDocument(connection, number, id);
    }
    const vector = vectors.subarray(index * dimension, (index + 1) * dimension);
    putPoint(
      connection,
      document,
      row,
      new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
    );
  }
}

/**
 * A point's revision is never lowered. Another vector for the same point gets a row of its own,
 * since readers know a vector by its row.
 */
function putPoint(connection: Connection, document: number, row: PointRow, vector: Uint8Array) {
  const { id, digest, epoch, position, textHash, chunkHash, tenant, embeddedAtMs } = row;
  const known = connection.get<{
    point: number;
    epoch: number;
    position: number;
    data: Uint8Array;
  }>(selectPoint, document, digest);
  if (known) {
    if ((known.epoch - epoch || known.position - position) > 0) return;
    if (Buffer.compare(known.data, vector) === 0) {
      connection.run(
        updatePoint,
        epoch,
        position,
        textHash,
        chunkHash,
        tenant,
        embeddedAtMs,
        row.heading,
        row.text,
        known.point,
      );
      return;
    }
    connection.run(deletePoint, known.point);
    connection.run(deleteVector, known.point);
  }
  const point = connection.insert(insertVector, vector);
  connection.run(
    insertPoint,
    point,
    document,
    digest,
    id,
    epoch,
    position,
    textHash,
    chunkHash,
    tenant,
    embeddedAtMs,
    row.heading,
    row.text,
  );
}

export interface Sweep {
  readonly epoch: number;
  readonly position: number;
  readonly live: readonly string[];
}

export interface SweepSlice {
  /** Digests up to this one were looked at; empty at the start. */
  readonly after: string;
  readonly lookedMax: number;
  readonly removedMax: number;
  readonly cacheRowsMax: number;
}

export interface Swept {
  readonly removed: number;
  /** Where to go on; null when all were looked at. */
  readonly next: string | null;
}

export function sweepPoints(
  connection: Connection,
  { generation: name, documentId, sweep, slice }: InDocument & { sweep: Sweep; slice: SweepSlice },
): Swept {
  const generation = generationNamed(connection, name);
  const document = generation && findDocument(connection, generation.number, documentId);
  if (!generation || document === undefined) return { removed: 0, next: null };
  const swept = sweepDocument(connection, { generation, document, sweep, slice });
  if (swept.removed > 0) noteChange(connection, generation.number, document);
  return swept;
}

/** Spares what the manifest lists now, whatever list the caller has in hand. */
export function sweepDocument(
  connection: Connection,
  {
    generation,
    document,
    sweep,
    slice,
  }: { generation: Generation; document: number; sweep: Sweep; slice: SweepSlice },
): Swept {
  const rows = connection.all<{
    point: number;
    digest: string;
    textHash: string;
    tenant: string;
    before: number;
  }>(selectSweep, sweep.epoch, sweep.position, document, slice.after, slice.lookedMax);
  let next = rows.length === slice.lookedMax ? (rows.at(-1)?.digest ?? null) : null;
  const old = rows.filter(({ before }) => before === 1);
  if (old.length === 0) return { removed: 0, next };
  const listed = new Set(sweep.live);
  const live = liveDigests(connection, document);
  let removed = 0;
  let last = slice.after;
  for (const { point, digest, textHash, tenant } of old) {
    if (listed.has(digest) || live.has(digest)) continue;
    if (removed === slice.removedMax) {
      next = last;
      break;
    }
    last = digest;
    connection.run(deletePoint, point);
    connection.run(insertCached, point, generation.number, tenant, textHash);
    removed += 1;
  }
  if (removed > 0) boundCache(connection, slice.cacheRowsMax, removed);
  return { removed, next };
}

/** Entries are numbered without gaps but for dropped generations, so the last number bounds them. */
function boundCache(connection: Connection, rowsMax: number, added: number): void {
  const last = connection.get<{ entry: number | null }>(selectLastCached)?.entry ?? 0;
  // Twice what was added, so that a lowered bound is reached in the end.
  const old = connection.all<{ entry: number; vector: number }>(
    selectOldCached,
    last - rowsMax,
    2 * added,
  );
  for (const { entry, vector } of old) {
    connection.run(deleteCached, entry);
    connection.run(deleteVector, vector);
  }
}

export function existingDigests(
  connection: Connection,
  wanted: InDocument & { readonly digests: readonly string[] },
): readonly string[] {
  const generation = generationNamed(connection, wanted.generation);
  const document = generation && findDocument(connection, generation.number, wanted.documentId);
  if (document === undefined) return [];
  return connection
    .all<{ digest: string }>(selectExisting, JSON.stringify(wanted.digests), document)
    .map(({ digest }) => digest);
}

export function vectorsByText(
  connection: Connection,
  wanted: {
    readonly generation: string;
    readonly tenant: string;
    readonly textHashes: readonly string[];
  },
): readonly (readonly [textHash: string, vector: Uint8Array])[] {
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return [];
  return wanted.textHashes.flatMap((textHash) => {
    const { number } = generation;
    const row =
      connection.get<{ data: Uint8Array }>(selectVectorOfPoint, textHash, wanted.tenant, number) ??
      connection.get<{ data: Uint8Array }>(selectVectorOfCache, textHash, wanted.tenant, number);
    return row ? [[textHash, row.data] as const] : [];
  });
}

export type StoredRow = Omit<PointRow, "digest">;

export function storedPoints(
  connection: Connection,
  wanted: { readonly generation: string; readonly ids: readonly string[] },
): readonly (StoredRow | undefined)[] {
  const generation = generationNamed(connection, wanted.generation);
  return wanted.ids.map(
    (id) => generation && connection.get<StoredRow>(selectStored, id, generation.number),
  );
}

export function pointsOfDocument(
  connection: Connection,
  wanted: InDocument,
): readonly (StoredRow & { readonly data: Uint8Array })[] {
  const generation = generationNamed(connection, wanted.generation);
  const document = generation && findDocument(connection, generation.number, wanted.documentId);
  return document === undefined ? [] : connection.all(selectPointsOf, document);
}
