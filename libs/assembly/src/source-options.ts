/** What every kind of source is opened with, and what becomes of it. */
import {
  everyTenant,
  type GenerationId,
  type HoldLimits,
  type ProbePace,
  type SourceName,
} from "@tidemark/domain";
import type {
  Calls,
  Catalogue,
  Chance,
  Clock,
  ContentStore,
  DocumentHistory,
  DocumentSource,
  EventLog,
  LostReport,
  ProbeAsker,
  ProbeTarget,
  ProcessReports,
  ReconcileReport,
  RestateDependencies,
  RunningLine,
  ServedSource,
  VectorIndex,
} from "@tidemark/pipeline";
import type { Config, Logger } from "@tidemark/runtime";

export interface SourcesOptions {
  readonly config: Config;
  readonly log: EventLog;
  readonly history: DocumentHistory;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  readonly generation: () => GenerationId;
  readonly digestedTo: (source: SourceName) => number | null;
  readonly scanned: (report: ReconcileReport) => void;
  /** Which of a scan's findings no event had told of. */
  readonly lost: (source: SourceName, report: LostReport) => void;
  /** Whether this process reads documents' content. */
  readonly reads: boolean;
  /** Whether this process writes the documents that sources have under `probe`. */
  readonly probes: boolean;
  readonly resources: AsyncDisposableStack;
  /** Who sends the markers of pushed sources: where several do, each has a name of its own. */
  readonly producer: string;
  /** How to speak of lines that run in another process; null where they run here. */
  readonly remote: Elsewhere | null;
  /** The same for databases, which a service of their own reads. */
  readonly remoteDatabases: Elsewhere | null;
  /** How much WAL a database keeps for its reader. */
  readonly slotKeeps: (source: SourceName, bytes: number) => void;
  /** Another process reads the source: waiting for its end is all that this one has to do. */
  readonly standsBy: (source: SourceName) => void;
}

export interface Restating extends RestateDependencies {
  /** Resolves once the source is read here; aborted when it no longer is. Absent where it always is. */
  readonly reading?: (signal: AbortSignal) => Promise<AbortSignal>;
}

export interface Elsewhere {
  readonly calls: Calls;
  readonly reports: ProcessReports;
}

export interface OpenedProbe {
  readonly target: ProbeTarget;
  readonly asker: ProbeAsker;
  readonly pace: ProbePace;
}

export interface OpenedSource {
  readonly served: ServedSource;
  readonly from: DocumentSource | null;
  readonly contents: ContentStore | null;
  /** Null where it is pushed, or kept in another process. */
  readonly line: RunningLine | null;
  /** States documents again that somebody asks for, where positions are not offsets of hints. */
  readonly restates?: Restating;
  /** Everything else that the source runs beside its line. */
  readonly run?: (signal: AbortSignal) => Promise<void>;
  /** Null where it has none, or another process runs it. */
  readonly probe?: OpenedProbe | null;
}

export function limitsOf(hold: { readonly above: number; readonly share: number }): HoldLimits {
  return { above: hold.above, share: hold.share };
}

export function isTenantDeclared(tenant: string | undefined): boolean {
  return tenant !== undefined && tenant !== everyTenant;
}
