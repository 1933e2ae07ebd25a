/** From what is known of a row to the mutation that states its document. */
import {
  documentId,
  everyTenant,
  type MutationDraft,
  type MutationReason,
  type SourceName,
} from "@tidemark/domain";
import { problemText, type RowOutcome } from "@tidemark/rows";

export interface Statement {
  readonly key: string;
  readonly position: number;
  /** `null` where the row is gone. */
  readonly outcome: KeyedOutcome | null;
  readonly reason: MutationReason;
  readonly sourceTimeMs: number | null;
}

export type KeyedOutcome = Exclude<RowOutcome, { kind: "incomplete" }>;

export function draftOf(
  { key, outcome, position, reason, sourceTimeMs }: Statement,
  { epoch, observedAtMs, source }: { source: SourceName; epoch: number; observedAtMs: number },
): MutationDraft {
  return {
    source,
    documentId: documentId(source, key),
    epoch,
    position,
    reason,
    sourceTimeMs,
    observedAtMs,
    trace: null,
    ...factsOf(outcome),
  };
}

function factsOf(outcome: KeyedOutcome | null) {
  const nothing = {
    tenant: everyTenant,
    permissions: { kind: "unknown" as const },
    archived: false,
    metadata: {},
    sourceDigest: null,
    body: null,
  };
  switch (outcome?.kind) {
    case undefined:
    case "absent":
      return { ...nothing, kind: "delete" as const, problem: null };
    case "failed": {
      // One whose permissions cannot be read is not public: it is hidden and says why.
      const problem = { reason: "mapping-failed", message: problemText(outcome.problem) };
      return { ...nothing, kind: "upsert" as const, problem };
    }
    case "document":
      return { ...outcome.document, kind: "upsert" as const, problem: null };
  }
}
