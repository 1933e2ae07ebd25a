/** A bucket of the config as a source: events through its queue, and full scans. */
import { everyTenant, sourceName } from "@tidemark/domain";
import type { ServedSource, SourceLineView } from "@tidemark/pipeline";
import type { S3SourceConfig } from "@tidemark/runtime";
import { openS3Source, type OpenedS3 } from "@tidemark/s3";
import { lineOf, remoteLine, unread } from "./listed-source.ts";
import { askerOf } from "./probe-asker.ts";
import {
  isTenantDeclared,
  type OpenedProbe,
  type OpenedSource,
  type SourcesOptions,
} from "./source-options.ts";

export function openBucketSource(options: SourcesOptions, source: S3SourceConfig): OpenedSource {
  const { catalogue, chance, clock, config, logger, remote, resources } = options;
  const name = sourceName(source.name);
  if (remote && !options.reads) {
    return unread(servedBucket(options, source, remoteLine(options, name)));
  }
  const opened = resources.use(
    openS3Source({
      config: source,
      sizeBytesMax: config.vectors.extraction.inputBytesMax,
      rootIdentity: catalogue.source(name)?.root ?? null,
      clock,
      chance,
      logger,
      onReport: (report) => {
        // Repeated and foreign events are everyday.
        const level = report.kind === "skipped-events" ? "debug" : "warn";
        logger[level]({ source: name, ...report }, "left out");
      },
    }),
  );
  const from = opened.source;
  if (remote) {
    const served = servedBucket(options, source, remoteLine(options, name));
    const probe = probeOf(options, source, { served, opened });
    return { served: { ...served, from }, from: null, contents: from, line: null, probe };
  }
  // What lists a bucket is paid for by the request.
  const { scanMs: scanLeastMs } = source;
  const line = lineOf(options, { config: source, from, watch: opened.watch, scanLeastMs });
  const served = servedBucket(options, source, line);
  const probe = probeOf(options, source, { served, opened });
  return { served: { ...served, from }, from, contents: from, line, probe };
}

/** Null where it has none. */
function probeOf(
  { config, probes }: SourcesOptions,
  { permissions, probe, tenant }: S3SourceConfig,
  { opened, served }: { readonly served: ServedSource; readonly opened: OpenedS3 },
): OpenedProbe | null {
  if (!probe || !probes) return null;
  const isNamed = tenant?.kind === "named" && isTenantDeclared(tenant.tenant);
  const asker = askerOf(
    {
      tenant: isNamed ? tenant.tenant : null,
      principals: permissions.kind === "only" ? permissions.principals : null,
    },
    { ...served, tenantsRequired: config.tenants.required },
  );
  return { target: opened.probe({ key: probe.key, asker }), asker, pace: probe };
}

function servedBucket(
  { config }: SourcesOptions,
  source: S3SourceConfig,
  line: SourceLineView,
): ServedSource {
  const { permissions, tenant } = source;
  return {
    name: sourceName(source.name),
    kind: source.kind,
    declaresTenants:
      tenant?.kind === "tag" || (tenant?.kind === "named" && isTenantDeclared(tenant.tenant)),
    declaresPermissions: permissions.kind !== "public",
    defaultPermissions: { kind: "unknown" },
    defaultTenant: config.tenants.required ? null : everyTenant,
    line,
    from: null,
    epoch: () => line.epoch,
    observedUpToMs: () => line.scannedAtMs,
  };
}
