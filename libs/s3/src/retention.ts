/**
 * A queue forgets what nobody took in time. When it has not answered for half of that, or has just
 * answered again after it, what it would have told is found by a scan.
 */
import {
  TransientError,
  type Clock,
  type PipelineLogger,
  type WatchListener,
} from "@tidemark/pipeline";
import type { DrainGauge } from "./drain-gauge.ts";
import type { Queue } from "./queue.ts";

/** What SQS keeps messages for unless told otherwise. */
const retentionMsDefault = 4 * 24 * 3_600_000;
const nearShare = 0.5;
const looksPerTerm = 20;
const lookEveryMsMax = 60_000;

export async function watchRetention(input: {
  readonly queue: Queue;
  readonly gauge: DrainGauge;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly listener: Pick<WatchListener, "heardPrefix">;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { clock, gauge, listener, logger, queue, signal } = input;
  let retentionMs: number | null = null;
  for (let isNear = false; !signal.aborted;) {
    retentionMs ??= await askedRetention(queue);
    const keptMs = retentionMs ?? retentionMsDefault;
    const silentMs = clock.nowMs() - gauge.lastPolledAtMs;
    if (silentMs >= keptMs * nearShare !== isNear) {
      isNear = !isNear;
      logger.warn(
        { queue: queue.name, silentMs, keptMs },
        "events may be forgotten: a scan is due",
      );
      listener.heardPrefix("");
    }
    await clock.sleep(Math.min(lookEveryMsMax, keptMs / looksPerTerm), signal);
  }
}

/** Null when the queue does not answer. */
async function askedRetention(queue: Queue): Promise<number | null> {
  try {
    const { retentionMs } = await queue.facts();
    return Number.isFinite(retentionMs) && retentionMs > 0 ? retentionMs : null;
  } catch (error) {
    if (error instanceof TransientError) return null;
    throw error;
  }
}
