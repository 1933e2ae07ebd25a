/** At the start, servers may be starting too: they are waited for, and said to be. */
import { TransientError } from "@tidemark/pipeline";
import type { Logger, Readiness } from "@tidemark/runtime";
import { systemClock } from "./world.ts";

export interface Starting {
  readonly logger: Logger;
  readonly readiness: Readiness;
  readonly signal: AbortSignal;
}

const againAfterMs = 1_000;
/** A server that is still not there is named again this often, and not every second. */
const namedEvery = 15;

export async function untilAnswered<R>(
  { logger, readiness, signal }: Starting,
  attempt: () => Promise<R>,
): Promise<R> {
  for (let attempts = 0; ; attempts += 1) {
    try {
      const answered = await attempt();
      readiness.clear("servers");
      return answered;
    } catch (error) {
      if (!(error instanceof TransientError) || signal.aborted) throw error;
      readiness.block("servers", error.message);
      if (attempts % namedEvery === 0)
        logger.warn({ problem: error.message }, "server is waited for");
      await systemClock.sleep(againAfterMs, signal);
    }
  }
}
