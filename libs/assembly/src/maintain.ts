/** Housekeeping: compaction and retention of the log. */
import {
  chunksTopic,
  hintsTopic,
  mutationsTopic,
  resolverGroup,
  restrictorGroup,
  topicPolicy,
  TransientError,
  upserterGroup,
  type Clock,
  type EventLog,
  type GenerationLine,
  type Generations,
  type PipelineLogger,
} from "@tidemark/pipeline";
import type { SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";

const maintainEveryMs = 60_000;
const lookEveryMs = 5_000;

export interface Surroundings {
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly signal: AbortSignal;
}

/** Keeps the log in SQLite within its bounds; Kafka does so by itself. */
export function maintainLoop(
  input: Surroundings & {
    readonly log: SqliteEventLog;
    /** Null where the index is elsewhere. */
    readonly index: SqliteVectorIndex | null;
    readonly generations: Generations;
  },
): Promise<void> {
  const { clock, index, log, signal } = input;
  let maintainedAtMs = 0;
  return again(input, lookEveryMs, async () => {
    const isDue = clock.nowMs() - maintainedAtMs >= maintainEveryMs;
    if (!isDue || (await isWaitingLong(input))) return;
    maintainedAtMs = clock.nowMs();
    await log.maintain({ nowMs: clock.nowMs(), signal });
    await index?.maintain();
  });
}

/** Until aborted; what is away is waited for. */
export async function again(
  { clock, logger, signal }: Surroundings,
  everyMs: number,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ problem: error.message }, "maintenance waits");
    }
    await clock.sleep(everyMs, signal);
  }
}

/**
 * After a long rest the log may hold records that nobody has read and that retention or compaction
 * would take: they are read first.
 */
export async function isWaitingLong({
  clock,
  generations,
  log,
}: {
  readonly clock: Pick<Clock, "nowMs">;
  readonly generations: { readonly lines: readonly Pick<GenerationLine, "generation">[] };
  readonly log: EventLog;
}): Promise<boolean> {
  const readers = [
    { topic: hintsTopic, group: resolverGroup },
    ...generations.lines.flatMap(({ generation: { id } }) => [
      { topic: chunksTopic(id), group: upserterGroup(id) },
      // A delete that compaction took from before its restrictor would never have hidden anything.
      { topic: mutationsTopic, group: restrictorGroup(id) },
    ]),
  ];
  for (const { topic, group } of readers) {
    const { compactAfterMs, retainMs } = topicPolicy(topic);
    const keptMs = retainMs ?? compactAfterMs;
    const acknowledged = await log.acknowledged(topic, group);
    for (const { partition, begin, end } of await log.ranges(topic)) {
      const from = Math.max(begin, acknowledged.get(partition) ?? 0);
      const [first] = await log.read(topic, partition, { from, to: end, recordsMax: 1 });
      if (first && clock.nowMs() - first.appendedAtMs > keptMs / 2) return true;
    }
  }
  return false;
}
