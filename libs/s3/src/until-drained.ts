/**
 * Whether everything that was told before a time has been heard. SQS keeps no order and counts only
 * roughly, so it is said on either of two signs:
 *
 *   a poll that began after found nothing, and nothing is hidden or delayed      drained
 *   nothing that old has come for long, though the queue was asked all the time  drained
 */
import { TransientError, type Clock } from "@tidemark/pipeline";
import type { QueueDrain } from "./queue-drain.ts";
import type { Queue } from "./queue.ts";

export interface DrainTimes {
  /** How late S3 may send what it tells of. */
  readonly deliveryMs: number;
  /** Nothing old for so long is a sign that nothing old is left. */
  readonly quietMs: number;
  /** With neither sign for so long it cannot be said. */
  readonly withinMs: number;
}

const lookEveryMs = 200;

export async function untilDrained(
  { drain, queue }: { readonly drain: QueueDrain; readonly queue: Queue },
  { beforeMs, clock, signal, times }: DrainQuestion,
): Promise<boolean> {
  const { deliveryMs, quietMs, withinMs } = times;
  const sentByMs = beforeMs + deliveryMs;
  const { gauge } = drain;
  using follower = gauge.follow(sentByMs);
  const giveUpAtMs = clock.nowMs() + withinMs;
  while (!signal.aborted && clock.nowMs() <= giveUpAtMs) {
    const quietSinceMs = Math.max(sentByMs, follower.lastHeardAtMs);
    if (!gauge.isInWork(sentByMs)) {
      if (gauge.emptyAtMs >= quietSinceMs && (await isEmpty(queue, drain))) return true;
      // The queue has answered since, so that this is not its silence.
      if (gauge.lastPolledAtMs - quietSinceMs >= quietMs) return true;
    }
    await clock.sleep(lookEveryMs, signal);
  }
  return false;
}

export interface DrainQuestion {
  readonly beforeMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly times: DrainTimes;
}

/** Nobody else has been given messages that may come again. */
async function isEmpty(queue: Queue, { gauge }: QueueDrain): Promise<boolean> {
  try {
    const { delayed, hidden } = await queue.facts();
    return delayed === 0 && hidden <= gauge.inWork;
  } catch (error) {
    if (error instanceof TransientError) return false;
    throw error;
  }
}
