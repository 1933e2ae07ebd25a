/** A replay as the catalogue keeps it: what it covers, and how fast it may go now. */
import type { DocumentId, GenerationId, SourceName } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { mutationsTopic } from "../topics.ts";

export interface ReplayScope {
  readonly source: SourceName | null;
  readonly document: DocumentId | null;
  readonly sinceMs: number | null;
  /** Verifies and rewrites points that are there. */
  readonly force: boolean;
}

export interface ReplayJob extends ReplayScope {
  readonly id: string;
  readonly generation: GenerationId;
  /** Where `mutations` ended when it was asked for, by partition. */
  readonly ends: Readonly<Record<string, number>>;
  readonly state: "running" | "paused" | "cancelled" | "done";
  /** Documents a second at most, all processes together; null for no bound. */
  readonly perSecond: number | null;
  readonly createdAtMs: number;
}

/** A job over everything that `mutations` holds now. */
export async function replayOf(
  log: EventLog,
  generation: GenerationId,
  scope: ReplayScope,
  world: { readonly newId: () => string; readonly clock: Clock },
): Promise<ReplayJob> {
  const ranges = await log.ranges(mutationsTopic);
  return {
    ...scope,
    id: world.newId(),
    generation,
    ends: Object.fromEntries(ranges.map(({ partition, end }) => [String(partition), end])),
    state: "running",
    perSecond: null,
    createdAtMs: world.clock.nowMs(),
  };
}
