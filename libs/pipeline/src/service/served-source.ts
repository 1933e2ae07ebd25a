import type { DocumentId, Hint, Permissions, SourceName } from "@tidemark/domain";
import type { ReconcileReport } from "../operations.ts";
import type { DocumentSource } from "../ports/document-source.ts";

/** A source's line, wherever it runs. */
export interface SourceLineView {
  readonly epoch: number;
  readonly held: { readonly count: number; readonly reason: string | null };
  /** When the last scan that finished began. */
  readonly scannedAtMs: number | null;
  /** When the last scan ended, whether or not all could be listed. */
  readonly scanEndedAtMs: number | null;
  readonly trouble: string | null;
  /** Another process reads it and speaks for it: this one is there for when that one is not. */
  readonly standsBy?: boolean;
  /** Documents that could not be read when they were last asked for. */
  readonly blockedCount: number;
  /** Some of them, with the reasons. */
  readonly blocked: ReadonlyMap<string, string>;
  /** Asks for documents to be read again. */
  hint(ids: readonly DocumentId[], reason: Hint["reason"]): Promise<void>;
  /** A scan now; with `confirm` up to so many deletes may be applied that would be held. */
  reconcile(options: { readonly confirm: number | null }): Promise<ReconcileReport>;
}

/** A line that runs in this process. */
export interface RunningLine extends SourceLineView {
  run(signal: AbortSignal): Promise<void>;
  /** A document is there and cannot be read now; it stays as it was. */
  noteBlocked(id: DocumentId, reason: string): void;
  /** A document is being read, until what is answered is called. */
  noteReading?(): () => void;
  /** Lists as soon as may be; absent where nothing is found by listing. */
  scanSoon?(): void;
}

/** A configured source, as the service needs to know it. */
export interface ServedSource {
  readonly name: SourceName;
  readonly kind: string;
  /** Where they are declared, a search that names none is refused. */
  readonly declaresTenants: boolean;
  readonly declaresPermissions: boolean;
  readonly defaultPermissions: Permissions;
  /** Null where a pushed document must name its own. */
  readonly defaultTenant: string | null;
  /** It says by itself, all the time, up to when it is complete: nothing waits for a scan. */
  readonly isStreamed?: boolean;
  /** Null for a source that is pushed. */
  readonly line: SourceLineView | null;
  readonly from: DocumentSource | null;
  /** The epoch of a pushed source. */
  readonly epoch: () => number;
  /** Why nothing can be pushed now; null when it can. Absent for a source that is not pushed. */
  readonly refusesPush?: () => Promise<string | null>;
  /** Up to when everything was observed, though perhaps not applied. */
  readonly observedUpToMs: () => number | null;
}
