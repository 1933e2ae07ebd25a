/** The audit of an open process: where it runs, who may ask for it, and what is told of its end. */
import { sha256Hex, type AuditCertificate } from "@tidemark/domain";
import {
  Auditor,
  isLateNow,
  runAudits,
  tokenSource,
  type AuditRequest,
  type Call,
  type TidemarkService,
} from "@tidemark/pipeline";
import type { Config } from "@tidemark/runtime";
import { SqliteAuditSpool } from "@tidemark/sqlite";
import { randomUUID } from "node:crypto";
import { AuditGauges } from "./audit-gauges.ts";
import type { Parts } from "./open-parts.ts";
import { systemChance, systemClock } from "./world.ts";

/** Reading all of a log and an index takes its time. */
export const auditCall: Call<AuditRequest, readonly AuditCertificate[]> = {
  name: "audit",
  of: "freshness service",
  withinMs: 6 * 60 * 60_000,
};

export function openAuditor(parts: Parts, service: TidemarkService): Auditor {
  const { board, catalogue, generations, options, rechunk, sources, stores } = parts;
  const { audit } = options.config;
  const gauges = new AuditGauges(options.metrics, audit);
  return new Auditor({
    log: stores.log,
    index: stores.index,
    clock: systemClock,
    chance: systemChance,
    logger: options.logger,
    sources: sources.served,
    generation: () => generations.active,
    embedder: () => generations.line(generations.active.id)?.embedder ?? null,
    completeUpToMs: (source) =>
      generations.line(generations.active.id)?.completeUpToMs(source) ?? null,
    openSpool: () => SqliteAuditSpool.open(),
    configHash: configHash(options.config),
    settleMs: audit.settleMs,
    sampleDefault: audit.sample,
    repairsPerSecond: audit.repairsPerSecond,
    rechunk,
    cut: async (mutation, signal) =>
      (await generations.line(generations.active.id)?.cut(mutation, signal)) ?? null,
    token: tokenSource(`auditor-${randomUUID()}`),
    async health() {
      const { id } = generations.active;
      const conditions = board.conditions().filter(({ generation }) => generation === id);
      const { sources: fresh } = await service.freshness();
      return {
        troubles: conditions.flatMap(({ stage, trouble }) =>
          trouble === null ? [] : [`${stage}: ${trouble}`],
        ),
        deadLetters: (await service.deadLetters()).length,
        late: fresh.filter(isLateNow).map(({ source }) => source),
      };
    },
    async keep(certificate) {
      await catalogue.putAudit(certificate);
      gauges.ended(certificate);
    },
  });
}

/** Audits as often as the config says; never, where it says so. */
export async function auditLoop(
  parts: Parts,
  auditor: Auditor,
  signal: AbortSignal,
): Promise<void> {
  const { catalogue, options, sources } = parts;
  const gauges = new AuditGauges(options.metrics, options.config.audit);
  const { everyMs, repair, sample } = options.config.audit;
  gauges.expect(sources.served.keys(), systemClock.nowMs());
  for (const certificate of catalogue.audits) {
    if (sources.served.has(certificate.source)) gauges.ended(certificate);
  }
  if (everyMs === 0) return;
  await runAudits(
    {
      everyMs,
      request: { source: null, sample, repair: repair ? { dryRun: false } : null },
      clock: systemClock,
      logger: options.logger,
      last: () => catalogue.audits,
      audit: (request, until) => auditor.audit(request, until),
    },
    signal,
  );
}

/** Of all that was configured; secrets are in it as they are printed, hidden. */
function configHash(config: Config): string {
  return sha256Hex(JSON.stringify(config)).slice(0, 32);
}
