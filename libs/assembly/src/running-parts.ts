/** Everything that a process with its roles runs, each until aborted. */
import { randomUUID } from "node:crypto";
import {
  EmbeddingAges,
  FreshnessWatch,
  Replays,
  resolveStage,
  restateStage,
  runStage,
  type RunnerOptions,
  type Auditor,
  type TidemarkService,
} from "@tidemark/pipeline";
import { memoryBudget } from "@tidemark/runtime";
import { auditLoop } from "./audits.ts";
import { keepCosts } from "./costs.ts";
import { objectivesOf } from "./objectives.ts";
import { maintainLoop } from "./maintain.ts";
import type { Parts } from "./open-parts.ts";
import { watchPushEpochs } from "./push-sources.ts";
import { followReceipts } from "./receipts.ts";
import type { OpenedProbes } from "./probes.ts";
import type { Restating } from "./source-options.ts";
import type { PartWatch } from "./part-watch.ts";
import { gaugesLoop } from "./state-gauges.ts";
import { systemChance, systemClock } from "./world.ts";

export function partsRunning(
  parts: Parts,
  {
    auditor,
    probes,
    service,
    watch,
  }: {
    readonly service: TidemarkService | null;
    readonly auditor: Auditor | null;
    readonly watch: PartWatch | null;
    readonly probes: OpenedProbes | null;
  },
  signal: AbortSignal,
): readonly Promise<void>[] {
  const {
    catalogue,
    generations,
    keeper,
    lines,
    measuring,
    options,
    sentinels,
    shared,
    sources,
    stores,
  } = parts;
  const { logger, metrics, roles } = options;
  const { index, log, sqliteIndex, sqliteLog } = stores;
  const clock = systemClock;
  const running: Promise<void>[] = [lines.run(signal)];
  if (roles.has("keep")) {
    running.push(keeper.run(signal), sentinels.run(signal), keepCosts(parts, signal));
  }
  if (watch) running.push(watch.run(signal), parts.restrictionsBehind.run(signal));
  if (watch && roles.has("keep")) {
    running.push(...watchFreshness(parts, { probes, watch }, signal));
  } else if (watch) running.push(parts.freshness.follow({ log, clock, logger }, signal));
  const runnerOptions = {
    log,
    index: null,
    generation: null,
    clock,
    chance: systemChance,
    logger,
    observer: measuring,
    lookaheadBytesMax: memoryBudget(options.config.server.memoryBytesMax).lookaheadBytesMax,
  };
  if (roles.has("ingest") || roles.has("connect")) running.push(sources.run(signal));
  for (const restating of sources.restating) {
    running.push(restateWhileReading(restating, runnerOptions, signal));
  }
  if (roles.has("ingest")) {
    const resolver = resolveStage({
      log,
      sources: sources.documents,
      clock,
      statedElsewhere: sources.statedByReaders,
      reading: (source) => sources.noteReading(source),
      blocked: (hint, reason) => sources.noteBlocked(hint, reason),
    });
    // What hints that are gone told of is found by listing.
    const resolving = { ...runnerOptions, makeAgain: async () => sources.scanSoon() };
    running.push(runStage(resolver, resolving, signal), watchPushEpochs(parts, signal));
  }
  if (roles.has("chunk")) {
    const { board, failed } = parts;
    const around = { catalogue, lines, board, log, clock, logger, failed };
    running.push(new Replays({ ...around, instance: randomUUID() }).run(signal));
  }
  if (roles.has("ask")) running.push(sources.runHeartbeats(signal));
  if (shared) running.push(shared.calls.run(signal), shared.reports.run(signal));
  if (shared && service) running.push(followReceipts(parts, signal));
  if (service && roles.has("keep"))
    running.push(gaugesLoop({ service, catalogue, index, metrics, clock, logger, signal }));
  if (probes) running.push(probes.run(signal));
  if (auditor) running.push(auditLoop(parts, auditor, signal));
  if (sqliteLog) {
    const own = { log: sqliteLog, index: sqliteIndex };
    running.push(maintainLoop({ ...own, generations, clock, logger, signal }));
  }
  if (sqliteIndex) running.push(sqliteIndex.warm(generations.active.id));
  return running;
}

/** Decides what is late, and tells it; one process does so for all. */
function watchFreshness(
  parts: Parts,
  { probes, watch }: { readonly watch: PartWatch; readonly probes: OpenedProbes | null },
  signal: AbortSignal,
): readonly Promise<void>[] {
  const { freshness, generations, measuring, options, sources, stores } = parts;
  const served = [...sources.served.values()];
  const ages = new EmbeddingAges({
    index: stores.index,
    sources: served.map(({ name }) => name),
    generation: () => generations.active.id,
    clock: systemClock,
    logger: options.logger,
  });
  const watching = new FreshnessWatch({
    log: stores.log,
    index: stores.index,
    clock: systemClock,
    logger: options.logger,
    generation: () => generations.active.id,
    sources: served.map(({ isStreamed = false, name }) => ({ name, isStreamed })),
    objectives: objectivesOf(options.config),
    windowOf: sources.windowOf,
    board: freshness,
    decided: (decision) => measuring.decided(decision),
    ages: (source) => ages.of(source),
    troubles: (source) => watch.troubles(source),
    probeOf: (source) => probes?.viewOf(source) ?? null,
  });
  return [watching.run(signal), ages.run(signal)];
}

/** A process that waits for another's slot must not take hints that only the other can do. */
async function restateWhileReading(
  restating: Restating,
  options: RunnerOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const reading = (await restating.reading?.(signal)) ?? signal;
    await runStage(restateStage(restating), options, AbortSignal.any([signal, reading]));
  }
}
