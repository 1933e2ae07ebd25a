/** What a process wants to know of its stages while they run: for metrics and for people. */
import type { Receipt } from "@tidemark/domain";

export interface StageState {
  readonly stage: string;
  readonly group: string;
  /** Records taken and not yet done. */
  readonly waiting: number;
  /** Null while all is well, else what the stage waits for. */
  readonly trouble: string | null;
  /** Open: one batch at a time is tried, until one succeeds. */
  readonly breaker: "closed" | "open";
}

export interface PipelineObserver {
  receipt(receipt: Receipt): void;
  retry(stage: string, reason: string): void;
  deadLetter(stage: string, reason: string): void;
  state(state: StageState): void;
}

export const silentObserver: PipelineObserver = {
  receipt: () => {},
  retry: () => {},
  deadLetter: () => {},
  state: () => {},
};
