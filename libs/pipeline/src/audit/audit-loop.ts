/** Audits again and again. What was kept of the last one says when the next is due. */
import type { AuditCertificate } from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import { RequestError, type AuditRequest } from "../operations.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";

const lookEveryMs = 60_000;

export interface AuditLoop {
  readonly everyMs: number;
  readonly request: AuditRequest;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly last: () => readonly AuditCertificate[];
  readonly audit: (
    request: AuditRequest,
    signal: AbortSignal,
  ) => Promise<readonly AuditCertificate[]>;
}

export async function runAudits(loop: AuditLoop, signal: AbortSignal): Promise<void> {
  const { audit, clock, everyMs, last, logger, request } = loop;
  const beganAtMs = clock.nowMs();
  // The first waits as long as any other: a process that starts has enough to do.
  let triedAtMs = beganAtMs;
  while (!signal.aborted) {
    await clock.sleep(Math.min(everyMs, lookEveryMs), signal);
    if (signal.aborted) return;
    const endedAtMs = Math.min(...last().map((certificate) => certificate.endedAtMs));
    const sinceMs = Number.isFinite(endedAtMs) ? Math.max(endedAtMs, triedAtMs) : triedAtMs;
    const isDue = clock.nowMs() - sinceMs >= everyMs;
    const isOverdue = triedAtMs === beganAtMs && clock.nowMs() - endedAtMs >= everyMs;
    if (!isDue && !isOverdue) continue;
    triedAtMs = clock.nowMs();
    try {
      await audit(request, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TransientError) && !(error instanceof RequestError)) throw error;
      logger.warn({ problem: error.message }, "audit did not come to its end");
    }
  }
}
