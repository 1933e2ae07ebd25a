/** Manifests, and the commit: one transaction for a batch of documents, each on its own condition. */
import type { CommitOutcome, Progress } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";
import { ensureDocument, lastChange } from "./document-operations.ts";
import { generationNamed, generationOf, type Generation } from "./generation-operations.ts";
import {
  putBatch,
  sweepDocument,
  type PointBatch,
  type Sweep,
  type SweepSlice,
} from "./point-operations.ts";
import { raiseProgress } from "./progress-operations.ts";

const selectToken = `
  select document, token, audience from document where generation = ? and id = ?`;
const updateManifest = `
  update document set token = ?, source = ?, standing = ?, archived = ?, failed = ?, pending = ?,
    observed_at = ?, chunks = ?, seen_epoch = ?, seen_position = ?, seen_at = ?, deleted = ?,
    source_digest = ?, audience = ?, changed = ?, manifest = ?, live = ?
  where document = ?`;
const selectAudience = `select audience from audience where policies = ?`;
const deleteAudience = `
  delete from audience where audience = ?1
    and not exists (select 1 from document where document.audience = ?1)`;
const insertAudience = `insert into audience (policies) values (?)`;
const selectManifests = `
  select wanted.key as at, d.manifest, d.live from json_each(?) as wanted
  cross join document d on d.generation = ? and d.id = wanted.value
  where d.token is not null`;
const selectListed = `
  select id, deleted, source_digest as sourceDigest, seen_epoch as epoch,
    seen_position as position, seen_at as seenAtMs
  from document
  where generation = ? and id > ? and id < ? and token is not null
  order by id limit ?`;
const selectCounts = `
  select source,
    sum(not deleted) as documents,
    sum(standing = 'searchable') as searchable,
    sum(archived) as archived,
    sum(failed) as failed,
    sum(pending) as pending,
    sum(chunks) as chunks,
    min(iif(pending, observed_at, null)) as oldestPendingMs,
    max(seen_epoch) as highestEpoch
  from document where generation = ? and token is not null
  group by source order by source`;

/** What is kept of a manifest, as columns. */
export interface ManifestRow {
  readonly id: string;
  readonly token: string;
  readonly source: string;
  readonly standing: string;
  readonly archived: boolean;
  readonly failed: boolean;
  readonly pending: boolean;
  readonly observedAtMs: number;
  readonly chunks: number;
  readonly seenEpoch: number;
  readonly seenPosition: number;
  readonly seenAtMs: number;
  readonly deleted: boolean;
  readonly sourceDigest: string | null;
  /** Both policies as JSON; null while nobody may find the document. */
  readonly policies: string | null;
  /** The whole as JSON, but for the live list. */
  readonly manifest: string;
  readonly live: Uint8Array;
}

export interface CommitRow {
  readonly manifest: ManifestRow;
  readonly tokenRead: string | null;
  readonly put: PointBatch | null;
  readonly sweep: Sweep | null;
}

export interface Commit {
  readonly generation: string;
  readonly commits: readonly CommitRow[];
  /** Written when none was lost and nothing is left to be swept: it comes after all effects. */
  readonly progress: readonly Progress[];
  /** Points removed by all sweeps of the batch; what is left is swept by itself. */
  readonly sweptMax: number;
  /** Points looked at by one of them. */
  readonly lookedMax: number;
  readonly cacheRowsMax: number;
}

export interface Committed {
  readonly outcome: CommitOutcome;
  /** Where to go on sweeping; null when done. */
  readonly sweepFrom: string | null;
}

export function commitDocuments(connection: Connection, commit: Commit): readonly Committed[] {
  const generation = generationOf(connection, commit.generation);
  let changed = lastChange(connection, generation.number);
  let room = commit.sweptMax;
  const committed = commit.commits.map((row): Committed => {
    changed += 1;
    const document = commitManifest(connection, generation, row, changed);
    if (document === null) return { outcome: "lost", sweepFrom: null };
    if (!row.sweep) return { outcome: "won", sweepFrom: null };
    if (room <= 0) return { outcome: "won", sweepFrom: "" };
    const { lookedMax, cacheRowsMax } = commit;
    const slice: SweepSlice = { after: "", lookedMax, removedMax: room, cacheRowsMax };
    const swept = sweepDocument(connection, { generation, document, sweep: row.sweep, slice });
    room -= swept.removed;
    return { outcome: "won", sweepFrom: swept.next };
  });
  if (committed.every(({ outcome, sweepFrom }) => outcome === "won" && sweepFrom === null)) {
    raiseProgress(connection, commit.progress);
  }
  return committed;
}

/**
 * The document's row; null when the condition did not hold.
 *
 *   stored token        outcome
 *   the one read        written
 *   the one to write    the same commit again: nothing is written, and it has won
 *   another             lost
 */
function commitManifest(
  connection: Connection,
  generation: Generation,
  { manifest, tokenRead, put }: CommitRow,
  changed: number,
): number | null {
  const known = connection.get<{
    document: number;
    token: string | null;
    audience: number | null;
  }>(selectToken, generation.number, manifest.id);
  if (known && known.token === manifest.token) return known.document;
  if ((known?.token ?? null) !== tokenRead) return null;
  const document = known?.document ?? ensureDocument(connection, generation.number, manifest.id);
  if (put) putBatch(connection, generation, put);
  const { policies } = manifest;
  const audience = policies === null ? null : audienceOf(connection, policies);
  const audienceBefore = known?.audience ?? null;
  connection.run(
    updateManifest,
    manifest.token,
    manifest.source,
    manifest.standing,
    Number(manifest.archived),
    Number(manifest.failed),
    Number(manifest.pending),
    manifest.observedAtMs,
    manifest.chunks,
    manifest.seenEpoch,
    manifest.seenPosition,
    manifest.seenAtMs,
    Number(manifest.deleted),
    manifest.sourceDigest,
    audience,
    changed,
    manifest.manifest,
    manifest.live,
    document,
  );
  if (audienceBefore !== null && audienceBefore !== audience) {
    connection.run(deleteAudience, audienceBefore);
  }
  return document;
}

function audienceOf(connection: Connection, policies: string): number {
  return (
    connection.get<{ audience: number }>(selectAudience, policies)?.audience ??
    connection.insert(insertAudience, policies)
  );
}

export interface StoredManifest {
  /** Place among the ids that were asked for. */
  readonly at: number;
  readonly manifest: string;
  readonly live: Uint8Array;
}

export function readManifests(
  connection: Connection,
  wanted: { readonly generation: string; readonly ids: readonly string[] },
): readonly StoredManifest[] {
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return [];
  return connection.all(selectManifests, JSON.stringify(wanted.ids), generation.number);
}

export interface ListedRow {
  readonly id: string;
  readonly deleted: number;
  readonly sourceDigest: string | null;
  readonly epoch: number;
  readonly position: number;
  readonly seenAtMs: number;
}

/** Ids begin with their source and a slash, so a source is one stretch of the index. */
export function listManifests(
  connection: Connection,
  wanted: {
    readonly generation: string;
    readonly source: string;
    readonly after: string | null;
    readonly limit: number;
  },
): readonly ListedRow[] {
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return [];
  const first = wanted.after ?? `${wanted.source}/`;
  // "0" follows "/".
  const end = `${wanted.source}0`;
  return connection.all(selectListed, generation.number, first, end, wanted.limit);
}

export interface CountsRow {
  readonly source: string;
  readonly documents: number;
  readonly searchable: number;
  readonly archived: number;
  readonly failed: number;
  readonly pending: number;
  readonly chunks: number;
  readonly oldestPendingMs: number | null;
  readonly highestEpoch: number;
}

export function countManifests(
  connection: Connection,
  { generation: name }: { readonly generation: string },
): readonly CountsRow[] {
  const generation = generationNamed(connection, name);
  return generation ? connection.all(selectCounts, generation.number) : [];
}
