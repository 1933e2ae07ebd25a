/** A bucket of the config as a source: events through its queue, and full scans. */
import { everyTenant, sourceName } from "@tidemark/domain";
import type { ServedSource, SourceLineView } from "@tidemark/pipeline";
import type { S3SourceConfig } from "@tidemark/runtime";
import { openS3Source } from "@tidemark/s3";
import { lineOf, remoteLine, unread } from "./listed-source.ts";
import { isTenantDeclared, type OpenedSource, type SourcesOptions } from "./source-options.ts";

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
    return { served: { ...served, from }, from: null, contents: from, line: null };
  }
  // What lists a bucket is paid for by the request.
  const { scanMs: scanLeastMs } = source;
  const line = lineOf(options, { config: source, from, watch: opened.watch, scanLeastMs });
  const served = servedBucket(options, source, line);
  return { served: { ...served, from }, from, contents: from, line };
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
