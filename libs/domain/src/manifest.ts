/**
 * The ledger of one document in one generation, kept in the index itself. Two halves, each with
 * its own revision, advance alone and only upwards; one token, fresh with every write of either
 * half, is the condition of the next write.
 */
import type { DocumentId, PointDigest, SourceName, Token } from "./ids.ts";
import type { Metadata } from "./metadata.ts";
import type { Policy } from "./policy.ts";
import { isNewer, type Revision } from "./revision.ts";

/** The newest mutation known, whether or not its content is live. */
export interface Seen {
  readonly revision: Revision;
  /** Offset in `mutations` of the record that said so: tells a redelivery from a displaced one. */
  readonly offset: number;
  readonly deleted: boolean;
  readonly archived: boolean;
  readonly policy: Policy;
  readonly metadata: Metadata;
  /** Null when deleted, or when the newest record could not be read. */
  readonly contentHash: string | null;
  readonly sourceDigest: string | null;
  readonly sourceTimeMs: number | null;
  readonly observedAtMs: number;
  readonly seenAtMs: number;
}

/** The revision whose content is live, under its own policy. */
export interface Indexed {
  readonly revision: Revision;
  readonly policy: Policy;
  readonly contentHash: string;
  readonly fingerprint: string;
  /** The live points, in reading order; empty for a deleted or an empty document. */
  readonly live: readonly PointDigest[];
  readonly title: string | null;
  /** Characters of extracted text, to notice an extraction that lost nearly all of it. */
  readonly characters: number;
  /** Chunks that could never be embedded and are in the dead letters. */
  readonly failedChunks: number;
  readonly sourceTimeMs: number | null;
  readonly observedAtMs: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly embeddedAtMs: number;
}

/** The newest revision that was set aside, and why. */
export interface Failure {
  readonly revision: Revision;
  readonly reason: string;
  readonly message: string;
  readonly atMs: number;
}

export interface Manifest {
  readonly documentId: DocumentId;
  readonly source: SourceName;
  readonly token: Token;
  readonly seen: Seen;
  readonly indexed: Indexed | null;
  readonly failure: Failure | null;
  /** The seen revision that the points' copies of policy and metadata reflect. */
  readonly copied: Revision;
}

/** Why a document may or may not be found; the order is that of the questions asked. */
export type Standing =
  | "searchable"
  | "waiting"
  | "deleted"
  | "archived"
  | "failed"
  | "unreadable"
  | "empty";

/** What of a document any asker could find, from its manifest alone. */
export function standingOf(manifest: Manifest): Standing {
  const { seen, indexed, failure } = manifest;
  if (seen.deleted) return "deleted";
  if (seen.archived) return "archived";
  if (failure && !isNewer(seen.revision, failure.revision) && isHidden(manifest)) return "failed";
  if (seen.policy.permissions.kind === "unknown") return "unreadable";
  if (!indexed || indexed.contentHash === "") return "waiting";
  return indexed.live.length === 0 ? "empty" : "searchable";
}

function isHidden({ seen, indexed }: Manifest): boolean {
  return seen.policy.permissions.kind === "unknown" || !indexed || indexed.contentHash === "";
}
