/** What a runbook did and found, as it is told to people and to programs. */
import type { RunbookEnding, RunbookName, RunbookStep } from "@tidemark/domain";

export interface StepReport {
  readonly step: RunbookStep;
  readonly outcome: "ok" | "found" | "stopped";
  readonly tookMs: number;
  readonly detail: string;
}

export interface FoundDocument {
  readonly documentId: string;
  readonly faults: readonly { readonly fault: string; readonly detail: string }[];
}

/** Whom it concerns, and where to read on: a runbook stops before it makes things worse. */
export interface Escalation {
  readonly reason: string;
  /** The part of the pipeline, and the stage that waits for it, where they are known. */
  readonly part: string | null;
  readonly stage: string | null;
  /** What to do first. */
  readonly fix: string;
  /** A page of this repository. */
  readonly page: string;
}

export interface RunbookReport {
  readonly runbook: RunbookName;
  readonly ending: RunbookEnding;
  readonly startedAt: string;
  readonly tookMs: number;
  readonly steps: readonly StepReport[];
  /** What was found wrong and is this runbook's to mend. */
  readonly documents: readonly FoundDocument[];
  readonly escalation: Escalation | null;
}
