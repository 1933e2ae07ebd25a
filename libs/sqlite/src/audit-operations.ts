/** What an audit reads: in key order, with digests made here, where what is stored is at hand. */
import {
  addPoint,
  isSound,
  listedPoints,
  noPoints,
  pointsDigest,
  seenDigest,
  setAsideOf,
  sourceOf,
  type DocumentId,
  type Manifest,
  type PointDigest,
  type PointSum,
} from "@tidemark/domain";
import type { AuditPage, LeafPage, ManifestLeaf, PointLeaf } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";
import { generationNamed } from "./generation-operations.ts";
import { manifestFrom, manifestRow } from "./manifest-row.ts";

const selectManifests = `
  select d.id, d.token, d.source, d.standing, d.deleted, d.seen_epoch as seenEpoch,
    d.seen_position as seenPosition, d.source_digest as sourceDigest, a.policies, d.manifest, d.live
  from document d left join audience a on a.audience = d.audience
  where d.generation = ? and d.id > ? and d.id < ? and d.token is not null
  order by d.id limit ?`;
const selectPoints = `
  select d.id as documentId, p.digest from document d join point p on p.document = d.document
  where d.generation = ?1 and d.id >= ?2 and d.id < ?3 and (d.id > ?2 or p.digest > ?4)
  order by d.id, p.digest limit ?5`;
const selectDocuments = `
  select wanted.key as at, d.id, d.token, d.source, d.standing, d.deleted,
    d.seen_epoch as seenEpoch, d.seen_position as seenPosition,
    d.source_digest as sourceDigest, a.policies, d.manifest, d.live
  from json_each(?) as wanted
  cross join document d on d.generation = ? and d.id = wanted.value
  left join audience a on a.audience = d.audience
  where d.token is not null`;
const selectPointsOf = `
  select wanted.key as at, p.id, p.epoch, p.position from json_each(?) as wanted
  cross join document d on d.generation = ? and d.id = wanted.value
  cross join point p on p.document = d.document`;

interface AuditedRow {
  readonly id: string;
  readonly token: string;
  readonly source: string;
  readonly standing: string;
  readonly deleted: number;
  readonly seenEpoch: number;
  readonly seenPosition: number;
  readonly sourceDigest: string | null;
  readonly policies: string | null;
  readonly manifest: string;
  readonly live: Uint8Array;
}

export function manifestLeaves(
  connection: Connection,
  wanted: AuditPage & { readonly generation: string; readonly fingerprint: string },
): LeafPage<ManifestLeaf> {
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return { leaves: [], next: null };
  const { first, end } = stretchOf(wanted);
  const rows = connection.all<AuditedRow>(
    selectManifests,
    generation.number,
    first,
    end,
    wanted.limit,
  );
  return {
    leaves: rows.map((row) => leafOf(row, wanted.fingerprint)),
    next: rows.length < wanted.limit ? null : (rows.at(-1)?.id ?? null),
  };
}

/** Points of one document may be shared out among two pages. */
export function pointLeaves(
  connection: Connection,
  wanted: AuditPage & { readonly generation: string },
): LeafPage<PointLeaf> {
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return { leaves: [], next: null };
  const { end } = stretchOf(wanted);
  const [id = `${wanted.source}/`, digest = ""] = wanted.from?.split("\0") ?? [];
  const rows = connection.all<{ documentId: string; digest: PointDigest }>(
    selectPoints,
    generation.number,
    id,
    end,
    digest,
    wanted.limit,
  );
  const sums = new Map<string, PointSum>();
  for (const row of rows) {
    const before = sums.get(row.documentId) ?? noPoints;
    sums.set(row.documentId, addPoint(before, { digest: row.digest, narrows: null }));
  }
  const last = rows.length < wanted.limit ? undefined : rows.at(-1);
  return {
    leaves: [...sums].map(([of, points]) => ({ id: of as DocumentId, points })),
    next: last ? `${last.documentId}\0${last.digest}` : null,
  };
}

export interface AuditedDocumentRow {
  readonly manifest: Manifest | null;
  readonly isNarrowedRight: boolean;
  readonly points: readonly {
    readonly id: string;
    readonly epoch: number;
    readonly position: number;
  }[];
}

export function auditedDocuments(
  connection: Connection,
  wanted: { readonly generation: string; readonly ids: readonly string[] },
): readonly AuditedDocumentRow[] {
  const generation = generationNamed(connection, wanted.generation);
  if (!generation) return wanted.ids.map(() => nothingStored);
  const ids = JSON.stringify(wanted.ids);
  const rows = connection.all<AuditedRow & { at: number }>(selectDocuments, ids, generation.number);
  const points = connection.all<{ at: number; id: string; epoch: number; position: number }>(
    selectPointsOf,
    ids,
    generation.number,
  );
  const manifests = new Map(rows.map((row) => [row.at, row]));
  const byDocument = Map.groupBy(points, ({ at }) => at);
  return wanted.ids.map((_id, at) => {
    const row = manifests.get(at);
    const manifest = row ? ownManifest(row) : null;
    return {
      manifest,
      isNarrowedRight: !row || (manifest !== null && isKeptAlike(row, manifest)),
      points: (byDocument.get(at) ?? []).map(({ id, epoch, position }) => ({
        id,
        epoch,
        position,
      })),
    };
  });
}

const nothingStored: AuditedDocumentRow = { manifest: null, isNarrowedRight: true, points: [] };

function leafOf(row: AuditedRow, fingerprint: string): ManifestLeaf {
  const manifest = ownManifest(row);
  const sound = isSound(manifest, fingerprint) && isKeptAlike(row, manifest);
  const setAside = setAsideOf(manifest);
  return {
    id: row.id as DocumentId,
    seen: seenDigest(manifest.seen),
    live: pointsDigest(listedPoints(manifest, null)),
    ...(sound ? {} : { isUnsound: true }),
    ...(setAside ? { setAside } : {}),
  };
}

/** Under the id that it is found by, whatever it says itself. */
function ownManifest(row: AuditedRow): Manifest {
  const documentId = row.id as DocumentId;
  const manifest = manifestFrom({ at: 0, manifest: row.manifest, live: row.live });
  return { ...manifest, documentId, source: sourceOf(documentId) };
}

/** Whether the columns say what the manifest says: searches and scans go by them. */
function isKeptAlike(row: AuditedRow, manifest: Manifest): boolean {
  const kept = manifestRow(manifest);
  return (
    kept.token === row.token &&
    kept.source === row.source &&
    kept.standing === row.standing &&
    kept.policies === row.policies &&
    Number(kept.deleted) === row.deleted &&
    kept.seenEpoch === row.seenEpoch &&
    kept.seenPosition === row.seenPosition &&
    kept.sourceDigest === row.sourceDigest
  );
}

function stretchOf({ from, source }: AuditPage): { readonly first: string; readonly end: string } {
  // "0" follows "/".
  return { first: from ?? `${source}/`, end: `${source}0` };
}
