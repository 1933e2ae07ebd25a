/** Housekeeping: compaction and retention of the log, and the gauges that describe the whole. */
import {
  TransientError,
  type Clock,
  type PipelineLogger,
  type TidemarkService,
} from "@tidemark/pipeline";
import type { Metrics } from "@tidemark/runtime";
import type { SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";

const maintainEveryMs = 60_000;
const gaugesEveryMs = 5_000;
const msPerSecond = 1_000;

export async function maintainLoop(input: {
  readonly log: SqliteEventLog;
  readonly index: SqliteVectorIndex;
  readonly service: TidemarkService;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { clock, index, log, logger, signal } = input;
  let maintainedAtMs = 0;
  while (!signal.aborted) {
    try {
      await setGauges(input.service, input.metrics);
      if (clock.nowMs() - maintainedAtMs >= maintainEveryMs) {
        maintainedAtMs = clock.nowMs();
        await log.maintain({ nowMs: clock.nowMs(), signal });
        await index.maintain();
      }
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ problem: error.message }, "maintenance waits");
    }
    await clock.sleep(gaugesEveryMs, signal);
  }
}

async function setGauges(service: TidemarkService, metrics: Metrics): Promise<void> {
  const { sources } = await service.freshness();
  for (const { source, ...facts } of sources) {
    metrics.pending.set({ source }, facts.pending);
    metrics.oldestPending.set({ source }, (facts.oldestPendingMs ?? 0) / msPerSecond);
    metrics.held.set({ source }, facts.held);
    metrics.documents.set({ source, state: "known" }, facts.documents);
    metrics.documents.set({ source, state: "searchable" }, facts.searchable);
    metrics.documents.set({ source, state: "failed" }, facts.failed);
  }
}
