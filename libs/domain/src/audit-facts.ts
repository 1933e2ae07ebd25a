/**
 * What the audit compares of a document, as digests: computed from what a store holds at that moment
 * and kept by nobody, so that no writer can make two stores look alike that are not.
 */
import type { PointDigest } from "./ids.ts";
import { stubManifest, planSeen } from "./manifest-plan.ts";
import type { Manifest, Seen } from "./manifest.ts";
import type { Metadata } from "./metadata.ts";
import type { Mutation } from "./mutation.ts";
import { sha256Hex } from "./point.ts";
import { samePolicy, type Policy } from "./policy.ts";
import { compareRevisions, formatRevision } from "./revision.ts";

/** Two states that differ share one by chance once in 2^64. */
const digestLength = 16;

/** Of the newest state of a document, whoever states it: the log or the index. */
export function seenDigest(seen: Seen): string {
  return sha256Hex(
    formatRevision(seen.revision),
    JSON.stringify([seen.deleted, seen.archived, seen.contentHash, seen.sourceDigest]),
    canonicalPolicy(seen.policy),
    canonicalMetadata(seen.metadata),
  ).slice(0, digestLength);
}

/** What a listing would say of a document in this state; null where it would say nothing. */
export function listedDigest(seen: Seen): string | null {
  return seen.deleted ? null : (seen.sourceDigest ?? "");
}

/**
 * The newest state of a document after one more of its records, as whoever restricts would have it.
 * `before` is null for the first record.
 */
export function foldSeen(before: Seen | null, mutation: Mutation): Seen | null {
  const stub = stubManifest(mutation.documentId, noToken);
  const current = before ? { ...stub, seen: before } : stub;
  const plan = planSeen(current, mutation, { token: noToken, nowMs: 0 });
  return plan.kind === "advance" ? plan.manifest.seen : before;
}

const noToken = "" as Manifest["token"];

/**
 * A set of points, whatever order they come in and however they are shared out: sums of two such
 * sets are the sum of all.
 */
export interface PointSum {
  readonly count: number;
  /** Modulo 2^64. */
  readonly sum: bigint;
}

export const noPoints: PointSum = { count: 0, sum: 0n };

/** @param narrows what the point carries to narrow searches; null where points carry nothing */
export function addPoint(
  { count, sum }: PointSum,
  { digest, narrows }: { readonly digest: PointDigest; readonly narrows: string | null },
): PointSum {
  const hash = BigInt(`0x${sha256Hex(digest, narrows ?? "").slice(0, 16)}`);
  return { count: count + 1, sum: BigInt.asUintN(64, sum + hash) };
}

export function addPoints(one: PointSum, other: PointSum): PointSum {
  return { count: one.count + other.count, sum: BigInt.asUintN(64, one.sum + other.sum) };
}

/** Null for no points at all: then there is nothing to compare. */
export function pointsDigest({ count, sum }: PointSum): string | null {
  return count === 0 ? null : `${count}:${sum.toString(16)}`;
}

/** What has to be stored for a manifest's list. */
export function listedPoints(manifest: Manifest, narrows: string | null): PointSum {
  const live = manifest.indexed?.live ?? [];
  return live.reduce((sum, digest) => addPoint(sum, { digest, narrows }), noPoints);
}

/** Whether the index agrees with itself: what is live is what was seen last, in this generation. */
export function isSound(manifest: Manifest, fingerprint: string): boolean {
  const { indexed, seen } = manifest;
  if (seen.deleted) return (indexed?.live.length ?? 0) === 0;
  if (indexed && indexed.contentHash !== "" && indexed.fingerprint !== fingerprint) return false;
  if (mayWait(manifest)) return true;
  if (!indexed || indexed.contentHash === "") return false;
  const isText = seen.contentHash === null || seen.contentHash === indexed.contentHash;
  const order = compareRevisions(indexed.revision, seen.revision);
  return order === 0 && isText && samePolicy(seen.policy, indexed.policy);
}

/** What is archived, hidden or set aside waits with whatever is live of it. */
export function mayWait(manifest: Manifest): boolean {
  const { permissions } = manifest.seen.policy;
  return manifest.seen.archived || hasFailed(manifest) || permissions.kind === "unknown";
}

/** Why the newest content of a document, or a part of it, is in the dead letters and not live. */
export interface SetAside {
  readonly reason: string;
  /** For people; names no text of the document. */
  readonly message: string;
}

/** Null where all of the newest content is live, is still to come, or is not wanted. */
export function setAsideOf(manifest: Manifest): SetAside | null {
  const { failure, indexed, seen } = manifest;
  if (seen.deleted || seen.archived) return null;
  if (failure && hasFailed(manifest)) return { reason: failure.reason, message: failure.message };
  const lost = indexed?.failedChunks ?? 0;
  return lost === 0
    ? null
    : { reason: "failed-chunks", message: `${lost} of its chunks could not be embedded` };
}

function hasFailed({ failure, seen }: Manifest): boolean {
  return failure !== null && compareRevisions(failure.revision, seen.revision) >= 0;
}

function canonicalPolicy({ permissions, tenant }: Policy): string {
  const readers =
    permissions.kind === "only" ? [...new Set(permissions.principals)].sort() : permissions.kind;
  return JSON.stringify([tenant, readers]);
}

function canonicalMetadata(metadata: Metadata): string {
  return JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}
