/**
 * Where an audit keeps what it has read, in the order of the keys' UTF-8 bytes, so that its memory
 * does not grow with the documents: what the four sides say of each, what is suspected, what was found.
 */
import type { AuditRow, DocumentId, FoundFault, Seen, SourceName } from "@tidemark/domain";
import type { ManifestLeaf, PointLeaf } from "./audited-index.ts";

/** A document's newest state by the log, and where its newest record stands. */
export interface LoggedState {
  readonly id: DocumentId;
  /** Null while none of its records says anything. */
  readonly seen: Seen | null;
  readonly partition: number;
  readonly offset: number;
  /** Where its newest whole record stands, which has its content; null without one. */
  readonly bodyOffset: number | null;
}

/** What the last look at a suspect found. */
export interface Suspect {
  readonly id: DocumentId;
  /** Equal where nothing has changed between two looks; null before the first. */
  readonly observation: string | null;
  readonly faults: readonly FoundFault[];
}

export interface SpoolRange {
  readonly source: SourceName;
  readonly after: DocumentId | null;
  readonly limit: number;
}

export interface AuditSpool extends Disposable {
  logged(ids: readonly DocumentId[]): readonly (LoggedState | null)[];
  putLogged(states: readonly LoggedState[]): void;
  putListed(listed: readonly { readonly id: DocumentId; readonly digest: string }[]): void;
  /** A document of which two come is suspect where one of them is. */
  putManifests(leaves: readonly ManifestLeaf[]): void;
  addPoints(leaves: readonly PointLeaf[]): void;
  rows(range: SpoolRange): readonly AuditRow[];
  putSuspects(suspects: readonly Suspect[]): void;
  suspects(range: SpoolRange): readonly Suspect[];
  /** They are settled, one way or the other. */
  dropSuspects(ids: readonly DocumentId[]): void;
  /** Adds to what was found of a document before. */
  putFaulty(found: readonly Omit<Suspect, "observation">[]): void;
  faulty(range: SpoolRange): readonly Omit<Suspect, "observation">[];
}
