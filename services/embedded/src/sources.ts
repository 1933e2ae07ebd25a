/** Opens the configured sources: folders with their lines, pushed sources with their epochs. */
import {
  sourceName,
  everyTenant,
  type CoalescingWindow,
  type GenerationId,
  type HoldLimits,
  type SourceName,
} from "@tidemark/domain";
import { readFrontMatter } from "@tidemark/extract";
import { FolderSource } from "@tidemark/folder";
import {
  mutationsTopic,
  publishMarker,
  SourceLine,
  TransientError,
  type Catalogue,
  type Chance,
  type Clock,
  type ContentStore,
  type DocumentSource,
  type EventLog,
  type GenerationKeeper,
  type ReconcileReport,
  type ServedSource,
  type SourceWatch,
  type VectorIndex,
} from "@tidemark/pipeline";
import {
  ExitError,
  exitCodes,
  type Config,
  type FolderSourceConfig,
  type Logger,
  type PushSourceConfig,
} from "@tidemark/runtime";
import { Cron } from "croner";

export interface SourcesOptions {
  readonly config: Config;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  readonly generation: () => GenerationId;
  readonly digestedTo: (source: SourceName) => number | null;
  readonly scanned: (report: ReconcileReport) => void;
}

/** Content inlined in the log up to this; what is larger stays in its folder, pinned. */
const inlineBytesMax = 2_048;
const heartbeatMs = 1_000;

export interface OpenedSources {
  readonly served: ReadonlyMap<SourceName, ServedSource>;
  readonly documents: ReadonlyMap<SourceName, DocumentSource>;
  readonly contents: ReadonlyMap<SourceName, ContentStore>;
  readonly windowOf: (source: SourceName) => CoalescingWindow;
  run(signal: AbortSignal): Promise<void>;
}

export async function openSources(options: SourcesOptions): Promise<OpenedSources> {
  const served = new Map<SourceName, ServedSource>();
  const documents = new Map<SourceName, DocumentSource>();
  const contents = new Map<SourceName, ContentStore>();
  const windows = new Map<string, CoalescingWindow>();
  for (const name of Object.keys(options.config.sources)) {
    windows.set(name, windowOf(options.config, name as SourceName));
  }
  const runs: ((signal: AbortSignal) => Promise<void>)[] = [];
  for (const source of Object.values(options.config.sources)) {
    const name = sourceName(source.name);
    if (source.kind === "folder") {
      const folder = await openFolder(options, source);
      const line = lineOf(options, source, folder);
      documents.set(name, folder);
      contents.set(name, folder);
      served.set(name, servedFolder(options, source, folder, line));
      runs.push((signal) => line.run(signal));
    } else if (source.kind === "push") {
      served.set(name, servedPush(options, source));
      runs.push((signal) => pushLoop(options, name, signal));
    }
  }
  return {
    served,
    documents,
    contents,
    windowOf: (name) => windows.get(name) ?? windowOf(options.config, name),
    async run(signal) {
      await Promise.all(runs.map((run) => run(signal)));
    },
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
    watch: (heard, heardPrefix, signal) =>
      folder.watch(
        {
          onHint: heard,
          onPrefix: heardPrefix,
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
  line: SourceLine,
): ServedSource {
  return {
    name: sourceName(source.name),
    kind: source.kind,
    declaresTenants:
      isDeclared(source.tenant) || source.rules.some((rule) => isDeclared(rule.tenant)),
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

function servedPush(options: SourcesOptions, source: PushSourceConfig): ServedSource {
  const { catalogue, clock, config } = options;
  const name = sourceName(source.name);
  return {
    name,
    kind: source.kind,
    declaresTenants: isDeclared(source.tenant),
    declaresPermissions: source.permissions.kind !== "public",
    defaultPermissions: source.permissions,
    defaultTenant: source.tenant ?? (config.tenants.required ? null : everyTenant),
    line: null,
    from: null,
    epoch: () => catalogue.source(name)?.epoch ?? 1,
    observedUpToMs: () => clock.nowMs(),
  };
}

/** A pushed source is complete up to now whenever its marker has passed: all of it is in the log. */
async function pushLoop(
  options: SourcesOptions,
  name: SourceName,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, logger } = options;
  while (!signal.aborted) {
    try {
      const marker = { source: name, producer: "gateway", completeToMs: clock.nowMs() };
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
  options: Pick<SourcesOptions, "catalogue" | "config" | "index" | "log" | "logger"> & {
    readonly keeper: GenerationKeeper;
  },
): Promise<void> {
  const { catalogue, config, index, keeper, log, logger } = options;
  const counts = await index.counts(keeper.active.id);
  for (const source of Object.values(config.sources)) {
    if (source.kind !== "push") continue;
    const name = sourceName(source.name);
    const { id, partitions } = await log.identity(mutationsTopic);
    const highest = counts.find((each) => each.source === name)?.highestEpoch ?? 0;
    const before = catalogue.source(name);
    const record = await catalogue.ensureEpoch(name, `${id}/${partitions}`, highest);
    if (before && record.isNew) {
      logger.warn({ source: name, epoch: record.epoch }, "the log is another one: new epoch");
    }
  }
}

function windowOf(config: Config, name: SourceName): CoalescingWindow {
  const window = config.sources[name]?.window ?? config.defaults.window;
  if (window.kind === "wait") return window;
  const schedule = new Cron(window.cron, { paused: true });
  return {
    waitMs: 0,
    documentsMax: Number.POSITIVE_INFINITY,
    dueAtMs: (nowMs) => schedule.nextRun(new Date(nowMs))?.getTime() ?? nowMs,
  };
}

function limitsOf(hold: { readonly above: number; readonly share: number }): HoldLimits {
  return { above: hold.above, share: hold.share };
}

function isDeclared(tenant: string | undefined): boolean {
  return tenant !== undefined && tenant !== everyTenant;
}
