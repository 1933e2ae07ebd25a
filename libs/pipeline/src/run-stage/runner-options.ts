import type { PipelineObserver } from "../observer.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";

export interface RunnerOptions {
  readonly log: EventLog;
  /** The index whose progress the group's offset must not be ahead of; null for a stage without. */
  readonly index: VectorIndex | null;
  readonly generation: string | null;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly observer: PipelineObserver;
  readonly lookaheadRecordsMax?: number;
  /** Of what was taken and is not done, as it was written; read into items it is about as much. */
  readonly lookaheadBytesMax?: number;
  readonly attemptsMax?: number;
  /** Under which name a group's progress in a topic is kept in the index. */
  readonly progressTopic?: (topic: string) => Promise<string>;
  /**
   * Makes what the index needs for the group when it is not there, before they are compared; false
   * where the index is to hold nothing of the group any more.
   */
  readonly ensureIndex?: () => Promise<boolean>;
  /**
   * Records of a partition are gone that this group has not read. When it resolves, whoever made
   * them will make them again; then the group goes on after them. Without it the stage fails.
   */
  readonly makeAgain?: ((partition: number) => Promise<void>) | null;
  /** How often offsets and the index's progress are compared. */
  readonly progressCheckMs?: number;
}

export function withDefaults(options: RunnerOptions): Required<RunnerOptions> {
  return {
    lookaheadRecordsMax: 50_000,
    lookaheadBytesMax: 32 << 20,
    attemptsMax: 8,
    progressTopic: async (topic) => topic,
    ensureIndex: async () => true,
    makeAgain: null,
    progressCheckMs: 30_000,
    ...options,
  };
}
