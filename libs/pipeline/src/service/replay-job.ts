/** A replay as the catalogue keeps it: what it covers, and how fast it may go now. */
import type { DocumentId, GenerationId, SourceName } from "@tidemark/domain";
import type { ReplayChange } from "../operations.ts";
import { RequestError } from "../operations.ts";
import type { EventLog, PartitionRange } from "../ports/event-log.ts";
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
  /** Which `mutations` these are: in another, its offsets mean nothing. */
  readonly log: string;
  /** Where `mutations` ended when it was asked for, by partition. */
  readonly ends: Readonly<Record<string, number>>;
  /** So many were there to be replayed; null when nobody counted. */
  readonly documents: number | null;
  readonly state: "running" | "paused" | "cancelled" | "done";
  /** Documents a second at most, all processes together; null for no bound. */
  readonly perSecond: number | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** From when on its pace tells of what is to come: since it was begun, resumed or changed. */
  readonly paced: { readonly sinceMs: number; readonly share: number };
}

/** A job over everything that `mutations` holds now. */
export async function replayOf(
  log: EventLog,
  generation: GenerationId,
  scope: ReplayScope & Partial<Pick<ReplayJob, "documents" | "ends" | "perSecond">>,
  world: { readonly newId: () => string; readonly clock: Clock },
): Promise<ReplayJob> {
  const { document, documents = null, force, perSecond = null, sinceMs, source } = scope;
  const nowMs = world.clock.nowMs();
  return {
    source,
    document,
    sinceMs,
    force,
    id: world.newId(),
    generation,
    log: await mutationsIdentity(log),
    ends: scope.ends ?? endsOf(await log.ranges(mutationsTopic)),
    documents,
    state: "running",
    perSecond,
    createdAtMs: nowMs,
    endedAtMs: null,
    paced: { sinceMs: nowMs, share: 0 },
  };
}

/** Differs when the topic was made anew, or has other partitions. */
export async function mutationsIdentity(log: EventLog): Promise<string> {
  const { id, partitions } = await log.identity(mutationsTopic);
  return `${id}/${partitions}`;
}

export function endsOf(ranges: readonly PartitionRange[]): ReplayJob["ends"] {
  return Object.fromEntries(ranges.map(({ partition, end }) => [String(partition), end]));
}

/** From 0 to 1: how much of its range its group has done, by offsets. */
export function shareOf(
  { ends }: Pick<ReplayJob, "ends">,
  ranges: readonly PartitionRange[],
  acknowledged: ReadonlyMap<number, number>,
): number {
  let all = 0;
  let done = 0;
  for (const { begin, partition } of ranges) {
    const end = ends[String(partition)] ?? 0;
    const left = end - Math.max(begin, acknowledged.get(partition) ?? 0);
    all += Math.max(0, end - begin);
    done += Math.max(0, end - begin) - Math.max(0, left);
  }
  return all === 0 ? 1 : done / all;
}

const shareMin = 0.005;
const measuredMsMin = 1_000;

/** How long it will take at the pace it had so far; null while there is none. */
export function leftMsOf(job: ReplayJob, share: number, nowMs: number): number | null {
  const { paced, state } = job;
  const tookMs = nowMs - paced.sinceMs;
  const made = share - paced.share;
  if (state !== "running" || tookMs < measuredMsMin || made < shareMin) return null;
  return (tookMs * (1 - share)) / made;
}

/**
 * What a person's wish makes of a job.
 *
 *   state now          asked for                    outcome
 *   running, paused    running, paused, cancelled   that
 *   running, paused    another speed                that speed
 *   done, cancelled    anything                     refused: it is over
 */
export function changedReplay(
  job: ReplayJob,
  change: ReplayChange,
  { nowMs, share }: { readonly nowMs: number; readonly share: number },
): ReplayJob {
  if (job.endedAtMs !== null) {
    throw new RequestError(409, "replay-ended", `replay ${job.id} is ${job.state}`);
  }
  const { perSecond = job.perSecond, state = job.state } = change;
  const endedAtMs = state === "cancelled" ? nowMs : null;
  return { ...job, state, perSecond, endedAtMs, paced: { sinceMs: nowMs, share } };
}
