/** Reads a topic of one partition as it grows, without a group: everybody reads everything. */
import { TransientError } from "../errors.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { readRange } from "../read-range.ts";

const lookEveryMs = 100;

export async function followTopic(
  { clock, log, logger }: { log: EventLog; clock: Clock; logger: PipelineLogger },
  topic: string,
  signal: AbortSignal,
  options: {
    /** So many records before the end are read first. */
    readonly backRecords: number;
    readonly take: (value: string) => void;
  },
): Promise<void> {
  /** Where reading goes on, by partition. */
  let next = new Map<number, number>();
  let identity: string | null = null;
  while (!signal.aborted) {
    try {
      const { id } = await log.identity(topic);
      // Another topic by the name begins anew, and nothing of it was read.
      if (identity !== null && identity !== id) next = new Map();
      for (const { begin, end, partition } of await log.ranges(topic)) {
        const first = identity === null ? Math.max(begin, end - options.backRecords) : begin;
        const from = Math.max(begin, next.get(partition) ?? first);
        for await (const records of readRange(log, topic, { begin: from, end, partition })) {
          for (const { value } of records) if (value !== null) options.take(value);
        }
        next.set(partition, Math.max(from, end));
      }
      identity = id;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ topic, problem: error.message }, "topic cannot be followed");
    }
    await clock.sleep(lookEveryMs, signal);
  }
}
