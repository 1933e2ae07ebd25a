/** A folder of the config as a source: read, listed and watched. */
import { everyTenant, sourceName } from "@tidemark/domain";
import { readFrontMatter } from "@tidemark/extract";
import { FolderSource } from "@tidemark/folder";
import {
  TransientError,
  type ServedSource,
  type SourceLineView,
  type SourceWatch,
} from "@tidemark/pipeline";
import { ExitError, exitCodes, type FolderSourceConfig } from "@tidemark/runtime";
import { lineOf, remoteLine, unread } from "./listed-source.ts";
import { askerOf, probeName } from "./probe-asker.ts";
import {
  isTenantDeclared,
  type OpenedProbe,
  type OpenedSource,
  type SourcesOptions,
} from "./source-options.ts";

/** Content inlined in the log up to this; what is larger stays in its folder, pinned. */
const inlineBytesMax = 2_048;

export async function openFolderSource(
  options: SourcesOptions,
  source: FolderSourceConfig,
): Promise<OpenedSource> {
  const { logger, remote } = options;
  const name = sourceName(source.name);
  if (!remote) {
    const folder = await openFolder(options, source);
    const watch = source.watch ? watchOf(options, source, folder) : null;
    const line = lineOf(options, { config: source, from: folder, watch });
    const served = servedFolder(options, source, line);
    const probe = probeOf(options, source, { served, folder });
    return { served: { ...served, from: folder }, from: folder, contents: folder, line, probe };
  }
  const served = servedFolder(options, source, remoteLine(options, name));
  if (!options.reads) return unread(served);
  try {
    const folder = await openFolder(options, source);
    const probe = probeOf(options, source, { served, folder });
    const read = { ...served, from: folder };
    return { served: read, from: null, contents: folder, line: null, probe };
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    // Whoever cuts its documents needs it; whoever answers searches can do without.
    logger.warn({ source: name, problem: error.message }, "folder cannot be read by this process");
    return {
      ...unread(served),
      probe: probeOf(options, source, { served, folder: error.message }),
    };
  }
}

/** Null where it has none. `folder` is why there is no folder to write to, where there is none. */
function probeOf(
  { config, probes, remote }: SourcesOptions,
  { probe, tenant }: FolderSourceConfig,
  { folder, served }: { readonly served: ServedSource; readonly folder: FolderSource | string },
): OpenedProbe | null {
  if (!probe || !probes) return null;
  const { declaresTenants } = served;
  const named = isTenantDeclared(tenant) ? (tenant ?? null) : null;
  // Front matter wins over whatever the source says, so that nobody else finds it.
  const asker = askerOf(
    { tenant: named, principals: [probeName] },
    { declaresTenants, declaresPermissions: true, tenantsRequired: config.tenants.required },
  );
  const { key } = probe;
  const refuse = (why: string) => () => Promise.reject(new TransientError(why));
  const target =
    typeof folder === "string"
      ? { key, write: refuse(folder), delete: refuse(folder) }
      : folder.probe({ key, asker, listedHere: remote === null });
  return { target, asker, pace: probe };
}

async function openFolder(
  { catalogue, config, logger }: SourcesOptions,
  source: FolderSourceConfig,
): Promise<FolderSource> {
  const name = sourceName(source.name);
  try {
    return await FolderSource.open({
      source: name,
      root: source.path,
      include: source.include,
      exclude: source.exclude,
      rules: source.rules,
      ...(source.tenant === undefined ? {} : { tenant: source.tenant }),
      permissions: source.permissions,
      inlineBytesMax,
      sizeBytesMax: config.vectors.extraction.inputBytesMax,
      readFrontMatter,
      rootIdentity: catalogue.source(name)?.root ?? null,
      onReport: (report) => logger.warn({ source: name, ...report }, "left out"),
    });
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    throw new ExitError(exitCodes.config, `source ${name}: ${error.message}`, { cause: error });
  }
}

function watchOf(
  { logger }: SourcesOptions,
  source: FolderSourceConfig,
  folder: FolderSource,
): SourceWatch {
  return {
    watch: (listener, signal) =>
      folder.watch(
        {
          onHint: (key, expects) => listener.heard(key, expects),
          onPrefix: (prefix) => listener.heardPrefix(prefix),
          onProblem: (problem) =>
            logger.warn({ source: source.name, ...problem }, "watching is limited"),
        },
        signal,
      ),
    acceptRoot: () => folder.acceptRoot(),
  };
}

function servedFolder(
  { config }: SourcesOptions,
  source: FolderSourceConfig,
  line: SourceLineView,
): ServedSource {
  return {
    name: sourceName(source.name),
    kind: source.kind,
    declaresTenants:
      isTenantDeclared(source.tenant) || source.rules.some((rule) => isTenantDeclared(rule.tenant)),
    declaresPermissions:
      source.permissions.kind !== "public" ||
      source.rules.some((rule) => rule.permissions !== undefined),
    defaultPermissions: source.permissions,
    defaultTenant: source.tenant ?? (config.tenants.required ? null : everyTenant),
    line,
    from: null,
    epoch: () => line.epoch,
    observedUpToMs: () => line.scannedAtMs,
  };
}
