/**
 * Heartbeats of a source that is listed: a scan alone proves that nothing is missing, and between two
 * of them these say that what events told of is applied, and that the way is open while nothing changes.
 */
import { heardOf, type SourceName } from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { hintsTopic } from "../topics.ts";
import { publishMarker } from "./hints.ts";

export interface ListedHeartbeats {
  readonly source: SourceName;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  /** Up to when hints are on the log for all that events told of; null while that cannot be said. */
  readonly heardTo: (signal: AbortSignal) => Promise<number | null>;
}

const heartbeatMs = 10_000;

export async function beatForListed(
  { clock, heardTo, log, logger, source }: ListedHeartbeats,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const completeToMs = await heardTo(signal);
      if (completeToMs !== null && !signal.aborted) {
        const marker = { source: heardOf(source), producer: "watch", completeToMs };
        await publishMarker(log, hintsTopic, marker);
      }
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ source, problem: error.message }, "no heartbeat");
    }
    await clock.sleep(heartbeatMs, signal);
  }
}
