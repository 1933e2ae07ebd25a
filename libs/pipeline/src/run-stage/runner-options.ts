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
  /** How often offsets and the index's progress are compared. */
  readonly progressCheckMs?: number;
}

export function withDefaults(options: RunnerOptions): Required<RunnerOptions> {
  return {
    lookaheadRecordsMax: 50_000,
    lookaheadBytesMax: 32 << 20,
    attemptsMax: 8,
    progressTopic: async (topic) => topic,
    progressCheckMs: 30_000,
    ...options,
  };
}
