/** Opens everything that a process with these roles is made of, in order, and closes it in reverse. */
import { randomUUID } from "node:crypto";
import type { GenerationId, SourceName } from "@tidemark/domain";
import { Extractor } from "@tidemark/extract";
import {
  Calls,
  Catalogue,
  FreshnessBoard,
  FreshnessLedger,
  GenerationKeeper,
  GenerationLines,
  Notices,
  Generations,
  ProcessReports,
  RestrictionsBehind,
  StageBoard,
  tokenSource,
  type ContentStore,
  type Embedder,
  type LineOptions,
  type Sentinels,
  type UpsertMutation,
} from "@tidemark/pipeline";
import {
  memoryBudget,
  type Config,
  type Logger,
  type Metrics,
  type Readiness,
} from "@tidemark/runtime";
import type { SqliteDatabase } from "@tidemark/sqlite";
import { moneyOfGeneration, openMeter } from "./costs.ts";
import { Embedders } from "./embedders.ts";
import { Measuring } from "./measure.ts";
import { objectivesFor } from "./objectives.ts";
import { openStores, type Stores } from "./open-stores.ts";
import { restateFrom } from "./restate.ts";
import { needsEmbedder, stagesOf, type Role } from "./roles.ts";
import { openSentinels } from "./sentinels.ts";
import { openSources, type OpenedSources } from "./sources.ts";
import { measureWaiting } from "./waiting-gauges.ts";
import { untilAnswered } from "./until-answered.ts";
import { systemChance, systemClock } from "./world.ts";

export interface OpenOptions {
  readonly config: Config;
  readonly version: string;
  /** What this process is called among others. */
  readonly service: string;
  readonly roles: ReadonlySet<Role>;
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly resources: AsyncDisposableStack;
  readonly wrap?: Wrap | undefined;
  /** Where this process answers searches; null until it does. Absent where it never does. */
  readonly ownUrl?: () => string | null;
}

/** Puts something around what is opened here, for tests that end the process at a certain call. */
export interface Wrap {
  readonly database: (database: SqliteDatabase) => SqliteDatabase;
  readonly embedder: (embedder: Embedder) => Embedder;
}

/** The parts of an open process, for whoever runs or asks them. */
export interface Parts {
  readonly options: OpenOptions;
  readonly notices: Notices;
  readonly stores: Stores;
  readonly catalogue: Catalogue;
  readonly board: StageBoard;
  readonly lines: GenerationLines;
  readonly generations: Generations;
  readonly keeper: GenerationKeeper;
  readonly sources: OpenedSources;
  readonly embedders: Embedders;
  readonly extractor: Extractor;
  readonly contents: ReadonlyMap<SourceName, ContentStore>;
  readonly ledger: FreshnessLedger;
  readonly freshness: FreshnessBoard;
  readonly restrictionsBehind: RestrictionsBehind;
  readonly measuring: Measuring;
  readonly sentinels: Sentinels;
  /** Null where everything runs in one process. */
  readonly shared: { readonly calls: Calls; readonly reports: ProcessReports } | null;
  /** Chunks a revision again in the active generation. */
  readonly rechunk: (mutation: UpsertMutation) => Promise<void>;
  /** Ends the process with a bug of any of its parts. */
  readonly failed: (error: unknown) => void;
  readonly stop: AbortSignal;
  readonly bug: () => { readonly error: unknown } | null;
}

/** @throws DataDirectoryLockedError and other named errors of what cannot be opened */
export async function openParts(options: OpenOptions, signal: AbortSignal): Promise<Parts> {
  const { config, dataDirectory, metrics, readiness, resources, roles, wrap } = options;
  const clock = systemClock;
  const notices = new Notices(clock);
  const logger = notices.over(options.logger);
  const starting = { logger, readiness, signal };
  const instance = `${options.service}-${randomUUID()}`;
  const stores = await openStores({
    config,
    dataDirectory,
    clientId: options.service,
    clock,
    starting,
    resources,
    wrapDatabase: wrap?.database,
  });
  const { index, log, progressTopic } = stores;
  const catalogue = await untilAnswered(starting, () => Catalogue.load(log, clock, logger));
  const board = new StageBoard(clock);
  // Before the embedders, so that it is open until the last of them is closed.
  const meter = openMeter(log, metrics, resources);
  const embedders = resources.use(new Embedders(config, logger, dataDirectory, meter));
  measureWaiting(metrics, { embedders, database: stores.database });
  const extractor = resources.use(openExtractor(config));
  const ledger = new FreshnessLedger((source) => objectivesFor(config, source));
  const freshness = new FreshnessBoard(clock, { isShared: config.log.kind === "kafka" });
  const isActive = (generation: string | null) => catalogue.active?.id === generation;
  const isShared = config.log.kind === "kafka";
  const measuring = new Measuring(metrics, ledger, isActive, {
    isAlone: !isShared,
    pricePerMillion: (generation) =>
      moneyOfGeneration({ catalogue, stores, options }, generation as GenerationId | null).price
        ?.perMillionTokens ?? 0,
  });
  const stop = new AbortController();
  let bug: { readonly error: unknown } | null = null;
  const failed = (error: unknown) => {
    bug ??= { error };
    stop.abort();
  };
  measuring.scheduled(config.sources);
  const contents = new Map<SourceName, ContentStore>();
  const rechunk = async (mutation: UpsertMutation) =>
    lines.line(generations.active.id)?.rechunk(mutation, stop.signal);
  const line: LineOptions = {
    stages: stagesOf(roles),
    board,
    log,
    index,
    progressTopic,
    clock,
    chance: systemChance,
    token: tokenSource(instance),
    logger,
    observer: measuring,
    lookaheadBytesMax: memoryBudget(config.server.memoryBytesMax).lookaheadBytesMax,
    extractor,
    contents,
    windowOf: (source) => sources.windowOf(source),
    accepted: (mutation) => catalogue.isAccepted(mutation.documentId),
    restate: (mutations, again) => restate(mutations, again),
  };
  const lines = new GenerationLines({
    catalogue,
    line,
    openEmbedder: needsEmbedder(roles)
      ? async (recipe) => {
          const embedder = await embedders.forRecipe(recipe);
          return wrap?.embedder(embedder) ?? embedder;
        }
      : null,
    failed,
  });
  const generations = new Generations({ catalogue, lines, log });
  const keepMs = config.generations.keepMs;
  const keeper = new GenerationKeeper({
    catalogue,
    log,
    index,
    clock,
    logger,
    generations,
    lines,
    keepMs,
  });
  const calls = new Calls({ log, clock, logger, newId: randomUUID });
  const reports = new ProcessReports({
    log,
    clock,
    logger,
    board,
    instance,
    service: options.service,
    sources: () => sources.own,
    embedQueued: () => embedders.queuedNow(),
    notices: () => notices.recent(),
  });
  const shared = isShared ? { calls, reports } : null;
  const sources = await openSources({
    config,
    log,
    history: log,
    index,
    catalogue,
    clock,
    chance: systemChance,
    logger,
    lost: (source, report) => measuring.lost(source, report),
    reads: ["ingest", "chunk", "keep", "ask"].some((role) => roles.has(role as Role)),
    probes: roles.has("keep"),
    resources,
    producer: isShared ? instance : "gateway",
    remote: isShared && !roles.has("ingest") ? { calls, reports } : null,
    remoteDatabases: isShared && !roles.has("connect") ? { calls, reports } : null,
    slotKeeps: (source, bytes) => metrics.slotKept.set({ source }, bytes),
    // Else whoever replaces one by the other would wait for both.
    standsBy: (source) => readiness.clear(`scan of ${source}`),
    generation: () => generations.active.id,
    digestedTo: (source) =>
      generations.line(generations.active.id)?.restrictedUpToMs(source) ?? null,
    scanned: (report) => {
      measuring.scanned(report);
      readiness.clear(`scan of ${report.source}`);
    },
  });
  for (const [name, store] of sources.contents) contents.set(name, store);
  const restate = restateFrom({
    sources: sources.served,
    history: log,
    catalogue,
    log,
    clock,
    newId: randomUUID,
    isAlone: !isShared,
  });
  return {
    options: { ...options, logger },
    notices,
    stores,
    catalogue,
    board,
    lines,
    generations,
    keeper,
    sources,
    embedders,
    extractor,
    contents,
    ledger,
    freshness,
    restrictionsBehind: new RestrictionsBehind({
      log,
      clock,
      generation: () => generations.active.id,
    }),
    measuring,
    sentinels: openSentinels({ catalogue, generations, stores, options: { ...options, logger } }),
    shared,
    rechunk,
    failed,
    stop: stop.signal,
    bug: () => bug,
  };
}

function openExtractor({ vectors: { extraction } }: Config): Extractor {
  return Extractor.open({
    workers: extraction.workersMax,
    inputBytesMax: extraction.inputBytesMax,
    outputCharsMax: extraction.textBytesMax,
    depthMax: extraction.nestingMax,
    pagesMax: extraction.pagesMax,
    timeMsMax: extraction.timeMsMax,
    memoryMbMax: Math.ceil(extraction.memoryBytesMax / 2 ** 20),
  });
}
