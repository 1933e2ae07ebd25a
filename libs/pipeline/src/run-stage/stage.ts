/**
 * A stage takes records of one topic, in order within a document, and handles them in batches of
 * different documents. It cannot tell Kafka from a table.
 */
import type { CoalescingWindow, Marker, Revision } from "@tidemark/domain";
import type { PoisonError } from "../errors.ts";
import type { LogRecord } from "../ports/event-log.ts";
import type { Progress } from "../ports/vector-index.ts";
import type { Urgency } from "./ready-queue.ts";

/** One document's records that are handled together, oldest first. */
export interface Task<T> {
  readonly key: string;
  readonly items: readonly T[];
}

export interface HandleContext {
  /** What the group's progress will be once these items are done: to be stored with the effects. */
  progressFor(tasks: readonly Task<unknown>[]): readonly Progress[];
  readonly signal: AbortSignal;
  /** Something that others depend on has just answered: whoever it fails alone is the fault. */
  readonly proves: (dependency: string) => void;
}

export interface SetAside {
  readonly documentId: string;
  readonly revision: Revision | null;
  readonly chunk?: string;
}

export interface Stage<T> {
  readonly name: string;
  readonly topic: string;
  readonly group: string;
  /** Whose dead letters its own are, where another group does the same work; its own when absent. */
  readonly lettersOf?: string;
  readonly documentsMax: number;
  /** Batches in the air at once, of each lane. */
  readonly concurrency: number;
  /** True where no document may be given up for failing again and again: it waits instead. */
  readonly waitsForEver?: boolean;
  /** Throws `PoisonError` for a record nobody can read. Null for one that is none of its business. */
  decode(record: LogRecord): T | null;
  keyOf(item: T): string;
  urgencyOf(item: T): Urgency;
  /**
   * What waits for the same thing outside is one lane, with batches of its own: while that thing is
   * away, no other lane waits for it. One for all when absent.
   */
  laneOf?(item: T): string;
  /** Which of a document's waiting items still matter; the others are done unheard. */
  coalesce?(items: readonly T[]): readonly T[];
  /** Null where changes do not wait for one another. */
  windowOf?(item: T): CoalescingWindow | null;
  /** When it resolves, everything the tasks caused survives a crash. */
  handle(tasks: readonly Task<T>[], context: HandleContext): Promise<void>;
  /** The document is set aside: say so where it is looked for. */
  setAside(task: Task<T>, error: PoisonError, attempts: number): Promise<SetAside>;
  /** Everything before the marker in its partition is done. */
  passMarker(marker: Marker, partition: number): Promise<void>;
  /** Another member may hold the partition now: what was passed there is void. */
  lost?(partition: number): void;
}
