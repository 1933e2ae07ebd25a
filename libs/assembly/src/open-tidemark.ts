/** A process from its config: opened by its roles, started, and run until told to stop. */
import type { SourceName } from "@tidemark/domain";
import {
  NotOursError,
  reconcileCall,
  reconcileDatabaseCall,
  type TidemarkService,
} from "@tidemark/pipeline";
import { applyCall, openService } from "./open-service.ts";
import { auditCall } from "./audits.ts";
import { openParts, type OpenOptions, type Parts } from "./open-parts.ts";
import type { OpenedEmbedder } from "./embedders.ts";
import { PartWatch } from "./part-watch.ts";
import { openProbes } from "./probes.ts";
import { partsRunning } from "./running-parts.ts";
import { recallReceipts } from "./receipts.ts";
import { recipeOf, type WantedRecipe } from "./recipe.ts";
import { sentinelsCall } from "./sentinels.ts";
import { ensurePushEpochs } from "./push-sources.ts";
import { untilAnswered } from "./until-answered.ts";
import { systemClock } from "./world.ts";

export interface OpenedTidemark {
  /** Null in a process that only works. */
  readonly service: TidemarkService | null;
  readonly modelNote: string;
  readonly isNew: boolean;
  /** Waits for, or makes, what has to be there before anything is asked. */
  start(signal: AbortSignal): Promise<void>;
  /** Runs until aborted; rejects on a bug in any part. */
  run(signal: AbortSignal): Promise<void>;
}

interface Wanted {
  readonly embedder: OpenedEmbedder;
  readonly recipe: WantedRecipe;
}

const againAfterMs = 1_000;

/** @throws DataDirectoryLockedError and other named errors of what cannot be opened */
export async function openTidemark(
  options: OpenOptions,
  signal: AbortSignal,
): Promise<OpenedTidemark> {
  const { logger, readiness, roles } = options;
  const parts = await openParts(options, signal);
  const starting = { logger, readiness, signal };
  const { catalogue, generations, keeper, lines, sentinels, shared, sources } = parts;
  const isNew = catalogue.active === null;
  const mayBeAsked = roles.has("ask") || roles.has("keep");
  const wanted = mayBeAsked ? await openWanted(parts, signal) : null;
  const watch = wanted && new PartWatch(parts);
  const opened = wanted && watch && openService(parts, wanted, watch);
  const service = opened?.service ?? null;
  const auditor = opened?.auditor ?? null;
  const probes = roles.has("keep") ? openProbes(parts) : null;
  for (const { name } of sources.own) {
    readiness.block(`scan of ${name}`, "its first scan is not done");
  }
  const reconciled = async (asked: { source: SourceName; confirm: number | null }) => {
    if (sources.served.get(asked.source)?.line?.standsBy) throw new NotOursError();
    const report = await sources.reconcile(asked.source, { confirm: asked.confirm });
    return { report, endedAtMs: sources.served.get(asked.source)?.line?.scanEndedAtMs ?? null };
  };
  if (shared && roles.has("ingest")) shared.calls.answer(reconcileCall, reconciled);
  if (shared && roles.has("connect")) shared.calls.answer(reconcileDatabaseCall, reconciled);
  if (shared && wanted && roles.has("keep")) {
    shared.calls.answer(applyCall, () => keeper.build(wanted.recipe));
    if (auditor) shared.calls.answer(auditCall, (asked) => auditor.audit(asked, parts.stop));
  }

  if (shared && roles.has("keep")) {
    shared.calls.answer(sentinelsCall, async () => {
      await sentinels.check({ isDueOnly: false });
      return null;
    });
  }

  return {
    service,
    modelNote: wanted?.embedder.note ?? "",
    isNew,
    async start() {
      if (wanted && roles.has("keep")) await patiently(() => keeper.start(wanted.recipe));
      await untilActive();
      await patiently(() => lines.sync());
      if (roles.has("ingest")) await patiently(() => ensurePushEpochs(parts));
      if (mayBeAsked) await patiently(() => recallReceipts(parts));
      if (!wanted || generations.active.fingerprint === wanted.recipe.fingerprint) return;
      const generation = generations.active.id;
      logger.warn({ generation }, "the config asks for another generation");
      const isApplied = options.config.generations.onChange === "apply";
      if (roles.has("keep") && isApplied) await patiently(() => keeper.build(wanted.recipe));
    },
    async run(runSignal) {
      const all = AbortSignal.any([runSignal, parts.stop]);
      const running = partsRunning(parts, { auditor, probes, service, watch }, all);
      const settled = await Promise.allSettled(
        running.map((each) => each.catch((error: unknown) => parts.failed(error))),
      );
      const bug = parts.bug();
      if (bug) throw bug.error;
      const broken = settled.find((outcome) => outcome.status === "rejected");
      if (broken) throw broken.reason;
    },
  };

  /** Whoever does not decide waits until the one who does has. */
  async function untilActive(): Promise<void> {
    if (catalogue.active) return;
    readiness.block("generation", "no generation is there yet; the freshness service makes it");
    while (!catalogue.active && !signal.aborted) {
      await systemClock.sleep(againAfterMs, signal);
      await patiently(() => catalogue.refresh());
    }
    readiness.clear("generation");
  }

  function patiently<R>(attempt: () => Promise<R>): Promise<R> {
    return untilAnswered(starting, attempt);
  }
}

/** The embedder that the config asks for. Where it is another process, that may start later. */
async function openWanted(parts: Parts, signal: AbortSignal): Promise<Wanted> {
  const { config } = parts.options;
  const { logger, readiness } = parts.options;
  const embedder = await untilAnswered({ logger, readiness, signal }, () =>
    parts.embedders.byName(config.vectors.embedder),
  );
  return { embedder, recipe: recipeOf(config, embedder.embedder) };
}
