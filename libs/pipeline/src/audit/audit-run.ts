/** What the parts of one audit share. */
import type { Generation, PointDigest, SourceName } from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import type { AuditSpool } from "../ports/audit-spool.ts";
import type { AuditedIndex } from "../ports/audited-index.ts";
import type { DocumentSource } from "../ports/document-source.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock } from "../ports/world.ts";
import type { LogFold } from "./log-fold.ts";

export interface AuditRun {
  readonly log: EventLog;
  readonly index: VectorIndex & AuditedIndex;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly generation: Generation;
  readonly spool: AuditSpool;
  readonly fold: LogFold;
  readonly signal: AbortSignal;
  /** How long it waits for what was under way. */
  readonly settleMs: number;
  /** Null where this process has none of the generation. */
  readonly embedder: Pick<Embedder, "embed"> | null;
  /** The points that a record's content has; null where that is another by now. */
  readonly cut: (
    mutation: UpsertMutation,
    signal: AbortSignal,
  ) => Promise<readonly PointDigest[] | null>;
}

export interface AuditedSource {
  readonly name: SourceName;
  /** Null where it has no listing, or another process has it. */
  readonly from: DocumentSource | null;
  /** Up to when all that the source changed is applied; null where nobody can say. */
  readonly completeUpToMs: () => number | null;
}
