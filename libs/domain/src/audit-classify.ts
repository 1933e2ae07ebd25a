/** What is wrong with one document, by its source, its records in the log and what is stored of it. */
import type { DocumentId, PointDigest, PointId } from "./ids.ts";
import { mayWait } from "./audit-facts.ts";
import type { Manifest, Seen } from "./manifest.ts";
import { sameMetadata } from "./metadata.ts";
import { digestOf } from "./point.ts";
import { samePolicy } from "./policy.ts";
import { compareRevisions, formatRevision, type Revision } from "./revision.ts";

export const auditFaults = [
  "missing",
  "orphan",
  "stale",
  "fingerprint",
  "permissions",
  "duplicate",
] as const;
export type AuditFault = (typeof auditFaults)[number];

export interface FoundFault {
  readonly fault: AuditFault;
  /** For people; names no text of the document. */
  readonly detail: string;
}

export type AuditedListing =
  /** Its source cannot be listed, or cannot say now. */
  | { readonly kind: "unknown" }
  | { readonly kind: "absent" }
  | { readonly kind: "present"; readonly digest: string };

/** A stored point, without its text and its vector. */
export interface AuditedPoint {
  readonly id: PointId;
  readonly revision: Revision;
  /** What it carries to narrow searches; null while it carries nothing. */
  readonly narrows: string | null;
}

export interface AuditedDocument {
  readonly id: DocumentId;
  readonly listing: AuditedListing;
  /** Its newest state by the log; null where the log has no record of it. */
  readonly logged: Seen | null;
  readonly manifest: Manifest | null;
  readonly points: readonly AuditedPoint[];
  /** What each of its points must carry to narrow searches; null where none has to. */
  readonly narrows: string | null;
  /** Manifests of it besides, where nobody looks for one. */
  readonly strayManifests: number;
  /** Whether what the index keeps beside the manifest to narrow searches agrees with it. */
  readonly isNarrowedRight: boolean;
}

/**
 * By the first of these that holds of each part, and by all parts:
 *
 *   the source      the log        the index                                  fault
 *   lists it        not, deleted   -                                          missing
 *   lists another   live           -                                          stale
 *   does not        live           -                                          orphan
 *   -               live           no manifest, deleted, not indexed          missing
 *   -               live           lists points that are not stored           missing
 *   -               live           an older revision, content or metadata     stale
 *   -               live           live, of another fingerprint               fingerprint
 *   -               live           another policy, or narrowed by another     permissions
 *   -               live           points that the manifest does not list     duplicate
 *   -               live           a second manifest                          duplicate
 *   -               not, deleted   live, points, or a second manifest         orphan
 */
export function classifyDocument(
  document: AuditedDocument,
  expected: { readonly fingerprint: string },
): readonly FoundFault[] {
  const found = [
    ...sourceFaults(document),
    ...indexFaults(document, expected),
    ...strayFaults(document),
  ];
  return found.filter(({ fault }, at) => found.findIndex((each) => each.fault === fault) === at);
}

function sourceFaults({ listing, logged }: AuditedDocument): FoundFault[] {
  const isLive = logged !== null && !logged.deleted;
  if (listing.kind === "unknown") return [];
  if (listing.kind === "present" && !isLive) {
    return [{ fault: "missing", detail: "its source lists it, and the log has no such document" }];
  }
  if (listing.kind === "present" && isLive && listing.digest !== logged.sourceDigest) {
    return [{ fault: "stale", detail: "its source lists another state than the log has" }];
  }
  if (listing.kind === "absent" && isLive) {
    return [{ fault: "orphan", detail: "its source does not list it any more" }];
  }
  return [];
}

function indexFaults(
  document: AuditedDocument,
  expected: { readonly fingerprint: string },
): FoundFault[] {
  const { logged, manifest } = document;
  if (!logged || logged.deleted) return goneFaults(document);
  if (!manifest) {
    return [{ fault: "missing", detail: "it has no manifest" }, ...leftoverFaults(document)];
  }
  return [...seenFaults(logged, manifest), ...liveFaults(document, manifest, expected)];
}

/** The log has deleted it, or never heard of it. */
function goneFaults({ logged, manifest, points }: AuditedDocument): FoundFault[] {
  const why = logged ? "the log has deleted it" : "the log has no record of it";
  const isLive = manifest !== null && !manifest.seen.deleted;
  const live = manifest?.indexed?.live.length ?? 0;
  if (isLive) return [{ fault: "orphan", detail: `${why}, and its manifest says that it is live` }];
  if (live > 0) return [{ fault: "orphan", detail: `${why}, and ${live} points are listed` }];
  if (points.length > 0) {
    return [{ fault: "orphan", detail: `${why}, and ${points.length} of its points are stored` }];
  }
  return [];
}

function strayFaults({ logged, strayManifests }: AuditedDocument): FoundFault[] {
  if (strayManifests === 0) return [];
  const detail = `${strayManifests} more manifests of it are stored where nobody reads them`;
  return [{ fault: logged && !logged.deleted ? "duplicate" : "orphan", detail }];
}

function seenFaults(logged: Seen, { seen }: Manifest): FoundFault[] {
  const order = compareRevisions(seen.revision, logged.revision);
  const places = `${formatRevision(seen.revision)}, the log's is ${formatRevision(logged.revision)}`;
  if (order < 0) return [{ fault: "stale", detail: `the newest revision seen is ${places}` }];
  if (seen.deleted) {
    return [{ fault: "missing", detail: "its manifest says that it is deleted, the log that not" }];
  }
  const found: FoundFault[] = [];
  if (!samePolicy(seen.policy, logged.policy)) {
    found.push({ fault: "permissions", detail: "its manifest has another policy than the log" });
  }
  const same =
    seen.archived === logged.archived &&
    seen.contentHash === logged.contentHash &&
    seen.sourceDigest === logged.sourceDigest &&
    sameMetadata(seen.metadata, logged.metadata);
  if (!same) found.push({ fault: "stale", detail: "its manifest has another state than the log" });
  return found;
}

function liveFaults(
  document: AuditedDocument,
  manifest: Manifest,
  { fingerprint }: { readonly fingerprint: string },
): FoundFault[] {
  const { indexed, seen } = manifest;
  if (seen.deleted) return leftoverFaults(document);
  const found: FoundFault[] = [];
  if (!mayWait(manifest)) {
    const order = indexed ? compareRevisions(indexed.revision, seen.revision) : -1;
    const isSame = indexed?.contentHash === seen.contentHash || seen.contentHash === null;
    if (!indexed || indexed.contentHash === "") {
      found.push({ fault: "missing", detail: "it was seen, and nothing of it is indexed" });
    } else if (order < 0 || !isSame) {
      found.push({ fault: "stale", detail: "what is live is not the newest content seen" });
    } else if (order === 0 && !samePolicy(indexed.policy, seen.policy)) {
      found.push({ fault: "permissions", detail: "what is live has another policy than was seen" });
    }
  }
  if (indexed && indexed.contentHash !== "" && indexed.fingerprint !== fingerprint) {
    const detail = `it was indexed under ${indexed.fingerprint || "no fingerprint"}`;
    found.push({ fault: "fingerprint", detail });
  }
  return [...found, ...pointFaults(document, indexed?.live ?? []), ...leftoverFaults(document)];
}

function pointFaults(document: AuditedDocument, live: readonly PointDigest[]): FoundFault[] {
  const stored = new Set(document.points.map(({ id }) => digestOf(id)));
  const lacking = live.filter((digest) => !stored.has(digest)).length;
  const listed = new Set(live);
  const narrowed = document.points.filter(
    ({ id, narrows }) =>
      listed.has(digestOf(id)) && narrows !== null && narrows !== document.narrows,
  ).length;
  return [
    ...(lacking > 0
      ? [{ fault: "missing" as const, detail: `${lacking} of its chunks are listed, not stored` }]
      : []),
    ...(narrowed > 0 || !document.isNarrowedRight
      ? [{ fault: "permissions" as const, detail: "searches are narrowed by another policy" }]
      : []),
  ];
}

function leftoverFaults({ manifest, points }: AuditedDocument): FoundFault[] {
  const listed = new Set(manifest?.indexed?.live);
  const leftover = points.filter(({ id }) => !listed.has(digestOf(id))).length;
  if (leftover === 0) return [];
  const detail = `${leftover} points are stored that no manifest lists`;
  return [{ fault: listed.size > 0 ? "duplicate" : "orphan", detail }];
}
