/** Everything that a data directory holds of its documents, read from the files themselves. */
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  digestOf,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type Point,
  type SourceName,
} from "@tidemark/domain";
import { Catalogue, type VectorIndex } from "@tidemark/pipeline";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";

export interface StoredDocument {
  readonly manifest: Manifest;
  /** The points that the manifest lists, in order; undefined for one that is not stored. */
  readonly live: readonly (Point | undefined)[];
}

export interface Store {
  readonly documents: ReadonlyMap<DocumentId, StoredDocument>;
  /** Points that no manifest lists, by the id of their document. */
  readonly leftovers: ReadonlyMap<DocumentId, number>;
  /** Vectors that neither a point nor the cache uses. */
  readonly strayVectors: number;
  readonly points: number;
}

const pageMax = 1_000;

const selectDocuments = `
  select d.id, count(p.point) as points from document d
  left join point p on p.document = d.document
  join generation g on g.number = d.generation
  where g.name = ? group by d.document`;
const selectPoints = `
  select count(*) as count from point p
  join document d on d.document = p.document
  join generation g on g.number = d.generation where g.name = ?`;
const selectAllPoints = `select count(*) as count from point`;
const selectStrays = `
  select count(*) as count from vector
  where vector not in (select point from point) and vector not in (select vector from vector_cache)`;

/** Copies the database of a process that has ended, so that reading leaves no trace in it. */
export function copyData(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const end of ["", "-wal"]) {
    const file = `tidemark.db${end}`;
    if (existsSync(join(from, file))) cpSync(join(from, file), join(to, file));
  }
}

/** @throws when there is no active generation, or points that belong to no generation. */
export async function readStore(directory: string, sources: readonly string[]): Promise<Store> {
  await using database = await SqliteDatabase.open({ directory, mode: "inline" });
  const index = new SqliteVectorIndex({ database });
  const log = new SqliteEventLog({ database });
  const { active } = await Catalogue.load(log, { nowMs: () => Date.now(), sleep: async () => {} });
  if (!active) throw new Error(`${directory} has no active generation`);
  const found = await readDocuments(index, active.id, sources);
  return { ...found, ...countRows(directory, active.id, found) };
}

export interface ReadDocuments {
  readonly documents: Map<DocumentId, StoredDocument>;
  readonly leftovers: Map<DocumentId, number>;
}

/** Everything that an index says of the documents of some sources, by whatever adapter. */
export async function readDocuments(
  index: VectorIndex,
  generation: GenerationId,
  sources: readonly string[],
): Promise<ReadDocuments> {
  const ids = await documentIds(index, generation, sources);
  const documents = new Map<DocumentId, StoredDocument>();
  const leftovers = new Map<DocumentId, number>();
  for (let from = 0; from < ids.length; from += pageMax) {
    const page = ids.slice(from, from + pageMax);
    const manifests = await index.manifests(generation, page);
    for (const [at, id] of page.entries()) {
      const manifest = manifests[at];
      if (!manifest) continue;
      const points = await index.pointsOf(generation, id);
      const byDigest = new Map(points.map((point) => [digestOf(point.id), point]));
      const listed = manifest.indexed?.live ?? [];
      documents.set(id, { manifest, live: listed.map((digest) => byDigest.get(digest)) });
      const unlisted = new Set(byDigest.keys()).difference(new Set(listed)).size;
      if (unlisted > 0) leftovers.set(id, unlisted);
    }
  }
  return { documents, leftovers };
}

async function documentIds(
  index: VectorIndex,
  generation: GenerationId,
  sources: readonly string[],
): Promise<DocumentId[]> {
  const ids: DocumentId[] = [];
  for (const source of sources) {
    let after: DocumentId | null = null;
    for (let full = true; full;) {
      const range = { after, limit: pageMax };
      const page = await index.listManifests(generation, source as SourceName, range);
      ids.push(...page.map(({ documentId }) => documentId));
      after = page.at(-1)?.documentId ?? after;
      full = page.length === range.limit;
    }
  }
  return ids;
}

/** Past the adapter, by SQL: it would not list what it does not expect to be there. */
function countRows(
  directory: string,
  generation: GenerationId,
  found: ReadDocuments,
): { readonly points: number; readonly strayVectors: number } {
  using database = new DatabaseSync(join(directory, "tidemark.db"), { readOnly: true });
  const count = (sql: string, ...values: string[]) =>
    Number(database.prepare(sql).get(...values)?.["count"]);
  for (const row of database.prepare(selectDocuments).all(generation)) {
    const id = String(row["id"]) as DocumentId;
    const points = Number(row["points"]);
    if (!found.documents.has(id) && points > 0) found.leftovers.set(id, points);
  }
  const points = count(selectPoints, generation);
  if (points !== count(selectAllPoints)) throw new Error("points of no generation");
  return { points, strayVectors: count(selectStrays) };
}
