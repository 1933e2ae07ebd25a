/**
 * What Tidemark can be asked, whoever asks: the HTTP interface speaks to this and to nothing else,
 * and the one process and the gateway both implement it.
 */
import type {
  Asker,
  Audience,
  AuditCertificate,
  DocumentId,
  Filter,
  GenerationId,
  Manifest,
  Metadata,
  Permissions,
  Receipt,
  Rehearsal,
  Revision,
  SourceName,
  Standing,
  WriteToken,
} from "@tidemark/domain";
import type { SearchWhyReport } from "./query/lost-document.ts";
import type { CostReport } from "./service/costs/cost-report.ts";
import type { SentinelReport } from "./service/sentinels/sentinel-report.ts";

import type { FreshnessReport, SourceFreshness } from "./freshness-report.ts";

export type { FreshnessReport, SearchWhyReport, SourceFreshness };

export interface AuditRequest {
  /** Null for every source. */
  readonly source: SourceName | null;
  /** Vectors to make again, of each source; null for as many as are configured. */
  readonly sample: number | null;
  readonly repair: { readonly dryRun: boolean } | null;
  /**
   * These alone, each looked at in full, with every vector made again: what comes of it is no
   * certificate of a source, and is not kept.
   */
  readonly documents?: readonly DocumentId[];
  /** Of each document in the sample every vector is made again, and its content is cut again. */
  readonly isThorough?: boolean;
  /** Faulty documents to name; some when absent. */
  readonly examplesMax?: number;
}

export interface SearchRequest {
  readonly query: string;
  readonly limit: number;
  readonly per: "document" | "chunk";
  readonly filter: Filter;
  readonly sources: readonly SourceName[] | null;
  /** Null when the request names none; refused where a source declares tenants or permissions. */
  readonly tenant: string | null;
  readonly principals: readonly string[] | null;
  /** Writes that must be visible first. */
  readonly after: readonly WriteToken[];
  /** How long to wait for them. */
  readonly waitMs: number;
  readonly generation: GenerationId | null;
  /** From 0 to 1: how much a pending newer revision lowers a score. */
  readonly preferCurrent: number;
  /** Compares with every point, where the index would otherwise be content with nearly the nearest. */
  readonly exact?: boolean;
  /** W3C trace context of the request. */
  readonly trace?: string;
  readonly signal?: AbortSignal;
}

export interface SearchHit {
  readonly documentId: DocumentId;
  readonly source: SourceName;
  readonly key: string;
  readonly score: number;
  readonly title: string | null;
  readonly heading: readonly string[];
  readonly ordinal: number;
  readonly chunkCount: number;
  readonly text: string;
  readonly snippet: string;
  readonly metadata: Metadata;
  readonly tenant: string;
  readonly revision: Revision;
  /** The newest revision known; the hit is `stale` when its content is of an older one. */
  readonly seenRevision: Revision;
  readonly stale: boolean;
  readonly contentHash: string;
  readonly chunkId: string;
  readonly fingerprint: string;
  readonly model: string;
  readonly dimension: number;
  readonly chunker: string;
  readonly metadataSchemaVersion: number;
  readonly generation: GenerationId;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly embeddedAtMs: number;
  readonly sourceTimeMs: number | null;
}

export interface AwaitedWrite {
  readonly documentId: DocumentId;
  readonly revision: Revision;
  readonly status: "visible" | "pending" | "superseded" | "failed";
  readonly reason: string | null;
}

export interface SearchResponse {
  readonly results: readonly SearchHit[];
  /** False when a named bound ended the search before K allowed hits or the end were found. */
  readonly complete: boolean;
  readonly incompleteReason: string | null;
  /** Everything the sources changed before this time can be found; null when it cannot be said. */
  readonly completeUpToMs: number | null;
  readonly completeUpTo: readonly {
    readonly source: SourceName;
    readonly completeUpToMs: number | null;
  }[];
  readonly generation: GenerationId;
  readonly after: readonly AwaitedWrite[];
  /** Sources of which a restriction may not hold yet though its objective has passed. */
  readonly restrictionsLate: readonly SourceName[];
}

export interface PushedDocument {
  readonly key: string;
  readonly content: { readonly text: string } | { readonly base64: string };
  readonly contentType: string | null;
  readonly metadata: Metadata;
  /** Null leaves it to the source's configuration. */
  readonly permissions: Permissions | null;
  readonly tenant: string | null;
  readonly archived: boolean;
  readonly sourceTimeMs: number | null;
  /** W3C trace context of the request. */
  readonly trace?: string | null;
}

/** Where a write came from. */
export interface WriteOrigin {
  readonly trace: string | null;
}

export interface Accepted {
  readonly documentId: DocumentId;
  readonly revision: Revision;
}

export interface DocumentView {
  readonly documentId: DocumentId;
  readonly standing: Standing | "unknown";
  readonly manifest: Manifest | null;
}

/** The verdict on one document's life: why it is found, or why it is not. */
export interface WhyReport {
  readonly documentId: DocumentId;
  readonly standing: Standing | "neverSeen" | "filtered" | "held" | "denied" | "superseded";
  readonly explanation: string;
  readonly generation: GenerationId;
  readonly manifest: Manifest | null;
  readonly receipts: readonly Receipt[];
  readonly mutations: readonly {
    readonly revision: Revision;
    readonly kind: string;
    readonly reason: string;
    readonly observedAtMs: number | null;
    readonly offset: number;
  }[];
  readonly deadLetters: readonly DeadLetterView[];
}

/** What a search lacks, and who asks why. */
export interface SearchWhyRequest {
  readonly search: SearchRequest;
  readonly expected: DocumentId;
  /** Of what nobody in it may read nothing is told: it looks unknown. */
  readonly audience: Audience | "everything";
}

export interface DeadLetterView {
  readonly id: string;
  readonly documentId: string;
  readonly stage: string;
  readonly generation: string | null;
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
  readonly atMs: number;
  readonly revision: Revision | null;
  readonly chunk: string | null;
}

export interface PlanReport {
  readonly needed: boolean;
  readonly current: GenerationId | null;
  readonly currentFingerprint: string | null;
  readonly wantedFingerprint: string;
  readonly changes: readonly {
    readonly what: string;
    readonly from: string;
    readonly to: string;
  }[];
  readonly documents: number;
  readonly chunks: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly price: { readonly amount: number; readonly currency: string } | null;
  readonly minutes: number | null;
  readonly building: { readonly generation: GenerationId; readonly share: number } | null;
}

export interface StatusReport {
  readonly version: string;
  readonly startedAtMs: number;
  readonly dataDirectory: string | null;
  readonly generations: readonly {
    readonly id: GenerationId;
    readonly state: string;
    readonly fingerprint: string;
    readonly model: string;
    readonly dimension: number;
    readonly chunker: string;
    readonly progress: number | null;
  }[];
  readonly sources: readonly SourceFreshness[];
  readonly stages: readonly {
    readonly stage: string;
    readonly generation: string | null;
    readonly waiting: number;
    readonly state: string;
  }[];
  readonly deadLetters: number;
  readonly embedder: { readonly model: string; readonly queued: number };
  readonly problems: readonly string[];
  /** The last audit of each source. */
  readonly audits: readonly AuditSummary[];
  /** The last rehearsal of each runbook. */
  readonly rehearsals: readonly RehearsalSummary[];
}

export interface ReplayRequest {
  readonly source: SourceName | null;
  readonly document: DocumentId | null;
  readonly sinceMs: number | null;
  /** Null for the active one. */
  readonly generation: GenerationId | null;
  readonly dryRun: boolean;
  readonly force: boolean;
  /** Documents a second at most; null for no bound. */
  readonly perSecond: number | null;
}

export interface ReplayReport {
  /** Of what was started; null for a dry run. */
  readonly id: string | null;
  readonly generation: GenerationId;
  readonly dryRun: boolean;
  readonly documents: number;
  readonly records: number;
  readonly bytes: number;
  readonly started: boolean;
}

export interface ReplayView {
  readonly id: string;
  readonly generation: GenerationId;
  readonly source: SourceName | null;
  readonly document: DocumentId | null;
  readonly sinceMs: number | null;
  readonly force: boolean;
  readonly state: "running" | "paused" | "cancelled" | "done";
  readonly perSecond: number | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** From 0 to 1: how much of its range is done. */
  readonly share: number;
  /** So many were there when it was asked for; null when nobody counted. */
  readonly documents: number | null;
  /** Those done again after a crash are counted again. */
  readonly documentsDone: number;
  /** At the pace it has; null while none is known. */
  readonly leftMs: number | null;
}

export interface ReplayChange {
  readonly state?: "running" | "paused" | "cancelled";
  readonly perSecond?: number | null;
}

/** What an audit of a source found, in short. */
export interface AuditSummary extends Pick<
  AuditCertificate,
  "source" | "verdict" | "endedAtMs" | "faulty" | "undecided"
> {
  /** Documents that all sides agree could not be read. */
  readonly setAside: number;
}

export type RehearsalSummary = Pick<Rehearsal, "runbook" | "outcome" | "endedAtMs">;

export interface ReconcileReport {
  readonly source: SourceName;
  readonly listed: number;
  readonly missing: number;
  readonly stale: number;
  readonly orphaned: number;
  readonly held: number;
  readonly heldReason: string | null;
  readonly applied: number;
  readonly tookMs: number;
}

export interface DoctorFinding {
  readonly check: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly detail: string;
  readonly fix: string | null;
}

/** Thrown for a request that cannot be met as it is; `status` is an HTTP status code. */
export class RequestError extends Error {
  override name = "RequestError";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Operations {
  search(request: SearchRequest): Promise<SearchResponse>;
  put(source: SourceName, documents: readonly PushedDocument[]): Promise<readonly Accepted[]>;
  patch(
    source: SourceName,
    key: string,
    facet: { readonly metadata: Metadata } | { readonly permissions: Permissions },
    origin?: WriteOrigin,
  ): Promise<Accepted>;
  remove(source: SourceName, key: string, origin?: WriteOrigin): Promise<Accepted>;
  document(source: SourceName, key: string): Promise<DocumentView>;
  why(id: DocumentId, asker: Asker | null): Promise<WhyReport>;
  /** Runs the search, and says at which step it lost the document. */
  whySearch(request: SearchWhyRequest): Promise<SearchWhyReport>;
  freshness(): Promise<FreshnessReport>;
  status(): Promise<StatusReport>;
  plan(): Promise<PlanReport>;
  apply(): Promise<PlanReport>;
  replay(request: ReplayRequest): Promise<ReplayReport>;
  /** Newest first; what ended is kept for a day. */
  replays(): Promise<readonly ReplayView[]>;
  changeReplay(id: string, change: ReplayChange): Promise<ReplayView>;
  /**
   * Null reconciles every source. `confirm` applies deletes that are held, of a source that has no
   * more of them than that: the number that whoever confirms was shown.
   */
  reconcile(
    source: SourceName | null,
    options: { readonly confirm: number | null },
  ): Promise<readonly ReconcileReport[]>;
  /** Compares source, log and index, and keeps what it found; one at a time. */
  audit(request: AuditRequest): Promise<readonly AuditCertificate[]>;
  /** The last audit of each source. */
  audits(): Promise<readonly AuditCertificate[]>;
  /** The last rehearsal of each runbook. */
  rehearsals(): Promise<readonly Rehearsal[]>;
  /** Keeps what came of one, which took place elsewhere, on a copy. */
  noteRehearsal(rehearsal: Rehearsal): Promise<void>;
  deadLetters(): Promise<readonly DeadLetterView[]>;
  retryDeadLetters(
    ids: readonly string[] | null,
    options: { readonly force: boolean },
  ): Promise<number>;
  dropDeadLetters(ids: readonly string[]): Promise<number>;
  backup(path: string): Promise<{ readonly path: string; readonly bytes: number }>;
  doctor(): Promise<readonly DoctorFinding[]>;
  costs(): Promise<CostReport>;
  /** With `now`, after running them. */
  sentinels(options: { readonly now: boolean }): Promise<SentinelReport>;
}
