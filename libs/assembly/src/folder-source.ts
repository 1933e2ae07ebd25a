/** A folder of the config as a source: read, listed and watched. */
import { everyTenant, sourceName } from "@tidemark/domain";
import { readFrontMatter } from "@tidemark/extract";
import { FolderSource } from "@tidemark/folder";
import {
  RemoteSourceLine,
  SourceLine,
  TransientError,
  type ServedSource,
  type SourceLineView,
  type SourceWatch,
} from "@tidemark/pipeline";
import { ExitError, exitCodes, type FolderSourceConfig } from "@tidemark/runtime";
import {
  isTenantDeclared,
  limitsOf,
  type OpenedSource,
  type SourcesOptions,
} from "./source-options.ts";

/** Content inlined in the log up to this; what is larger stays in its folder, pinned. */
const inlineBytesMax = 2_048;

export async function openFolderSource(
  options: SourcesOptions,
  source: FolderSourceConfig,
): Promise<OpenedSource> {
  const folder = await openFolder(options, source);
  const { remote } = options;
  const name = sourceName(source.name);
  const line = remote ? null : lineOf(options, source, folder);
  const view = line ?? new RemoteSourceLine(name, { ...options, ...remote! });
  return {
    served: servedFolder(options, source, folder, view),
    from: folder,
    contents: folder,
    line,
  };
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

function lineOf(
  options: SourcesOptions,
  source: FolderSourceConfig,
  folder: FolderSource,
): SourceLine {
  const { catalogue, logger } = options;
  const name = sourceName(source.name);
  const watch: SourceWatch = {
    watch: (listener, signal) =>
      folder.watch(
        {
          onHint: (key, expects) => listener.heard(key, expects),
          onPrefix: (prefix) => listener.heardPrefix(prefix),
          onProblem: (problem) => logger.warn({ source: name, ...problem }, "watching is limited"),
        },
        signal,
      ),
    async acceptRoot() {
      await folder.acceptRoot();
      await rememberRoot();
    },
  };
  const rememberRoot = async () => {
    const record = catalogue.source(name);
    if (record && record.root !== folder.rootIdentity) {
      await catalogue.putSource({ ...record, root: folder.rootIdentity });
    }
  };
  return new SourceLine({
    ...options,
    source: name,
    from: folder,
    watch: source.watch ? watch : null,
    limits: limitsOf(source.hold),
    scanMs: source.scanMs,
    digestedTo: () => options.digestedTo(name),
    scanned: (report) => {
      options.scanned(report);
      if (report.heldReason === "unlistable") return;
      rememberRoot().catch((error: unknown) => {
        options.logger.warn({ source: name, problem: String(error) }, "root is not written down");
      });
    },
  });
}

function servedFolder(
  { config }: SourcesOptions,
  source: FolderSourceConfig,
  folder: FolderSource,
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
    from: folder,
    epoch: () => line.epoch,
    observedUpToMs: () => line.scannedAtMs,
  };
}
