/** Sources that are pushed: their log is their only copy, and their epochs hang on it. */
import { everyTenant, sourceName, type SourceName } from "@tidemark/domain";
import {
  beganAnew,
  identityOfPushed,
  mutationsTopic,
  publishMarker,
  TransientError,
  type ServedSource,
} from "@tidemark/pipeline";
import type { PushSourceConfig } from "@tidemark/runtime";
import type { Parts } from "./open-parts.ts";
import { systemClock } from "./world.ts";
import { isTenantDeclared, type OpenedSource, type SourcesOptions } from "./source-options.ts";

const heartbeatMs = 1_000;
const epochEveryMs = 10_000;

export function openPushSource(options: SourcesOptions, source: PushSourceConfig): OpenedSource {
  return { served: servedPush(options, source), from: null, contents: null, line: null };
}

function servedPush(options: SourcesOptions, source: PushSourceConfig): ServedSource {
  const { catalogue, clock, config, log } = options;
  const name = sourceName(source.name);
  return {
    name,
    kind: source.kind,
    declaresTenants: isTenantDeclared(source.tenant),
    declaresPermissions: source.permissions.kind !== "public",
    defaultPermissions: source.permissions,
    defaultTenant: source.tenant ?? (config.tenants.required ? null : everyTenant),
    line: null,
    from: null,
    epoch: () => catalogue.source(name)?.epoch ?? 0,
    async refusesPush() {
      const identity = await identityOfPushed(log);
      if (catalogue.source(name)?.identity === identity) return null;
      // Whoever gives epochs may have done so a moment ago.
      await catalogue.refresh();
      const record = catalogue.source(name);
      if (!record) return "it has no epoch yet; the ingestor gives it one when it starts";
      if (record.identity === identity) return null;
      return "the log is another one; a new epoch is on its way";
    },
    observedUpToMs: () => clock.nowMs(),
  };
}

/** A pushed source is complete up to now whenever its marker has passed: all of it is in the log. */
export async function beatForPushed(
  options: SourcesOptions,
  name: SourceName,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, logger } = options;
  while (!signal.aborted) {
    try {
      const marker = {
        source: name,
        producer: options.producer,
        completeToMs: clock.nowMs(),
      };
      await publishMarker(log, mutationsTopic, marker);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ source: name, problem: error.message }, "no heartbeat");
    }
    await clock.sleep(heartbeatMs, signal);
  }
}

/** The epochs of pushed sources hang on the log that is their only copy. */
export async function ensurePushEpochs(
  parts: Pick<Parts, "catalogue" | "generations" | "options" | "stores">,
): Promise<void> {
  const { catalogue, generations, options, stores } = parts;
  const { config, logger } = options;
  const { index, log } = stores;
  const pushed = Object.values(config.sources).filter((source) => source.kind === "push");
  if (pushed.length === 0) return;
  const identity = await identityOfPushed(log);
  const isKnown = ({ name }: PushSourceConfig) =>
    catalogue.source(sourceName(name))?.identity === identity;
  if (pushed.every(isKnown)) return;
  const counts = await index.counts(generations.active.id);
  for (const source of pushed) {
    const name = sourceName(source.name);
    const highest = counts.find((each) => each.source === name)?.highestEpoch ?? 0;
    const before = catalogue.source(name);
    const record = await catalogue.ensureEpoch(name, identity, highest);
    if (before && record.isNew) {
      logger.warn({ source: name, epoch: record.epoch }, beganAnew.pushedLog);
    }
  }
}

/** Gives pushed sources a new epoch whenever the log turns out to be another one. */
export async function watchPushEpochs(parts: Parts, signal: AbortSignal): Promise<void> {
  const { logger } = parts.options;
  while (!signal.aborted) {
    await systemClock.sleep(epochEveryMs, signal);
    try {
      await ensurePushEpochs(parts);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ problem: error.message }, "epochs of pushed sources are not checked");
    }
  }
}
