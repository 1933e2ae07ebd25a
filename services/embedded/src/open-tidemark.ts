/** Opens everything one process is made of, in order, and closes it in reverse. */
import { randomUUID } from "node:crypto";
import type { DocumentId, Mutation, SourceName } from "@tidemark/domain";
import { Extractor } from "@tidemark/extract";
import {
  Catalogue,
  FreshnessLedger,
  GenerationKeeper,
  planGeneration,
  rechunkPushed,
  Replayer,
  resolveStage,
  runStage,
  TidemarkService,
  tokenSource,
  type ContentStore,
  type DocumentSource,
  type Embedder,
  type UpsertMutation,
} from "@tidemark/pipeline";
import type { Config, Logger, Metrics, Readiness } from "@tidemark/runtime";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";
import { stat } from "node:fs/promises";
import { AcceptedDocuments } from "./accepted-documents.ts";
import { examine } from "./doctor.ts";
import { Embedders } from "./embedders.ts";
import { maintainLoop } from "./maintain.ts";
import { Measuring } from "./measure.ts";
import { objectivesFor } from "./objectives.ts";
import { recallReceipts } from "./recall-receipts.ts";
import { recipeOf } from "./recipe.ts";
import { ensurePushEpochs, openSources } from "./sources.ts";
import { systemChance, systemClock } from "./world.ts";

export interface OpenOptions {
  readonly config: Config;
  readonly version: string;
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly resources: AsyncDisposableStack;
  readonly wrap?: Wrap | undefined;
}

/** Puts something around what is opened here, for tests that end the process at a certain call. */
export interface Wrap {
  readonly database: (database: SqliteDatabase) => SqliteDatabase;
  readonly embedder: (embedder: Embedder) => Embedder;
}

export interface OpenedTidemark {
  readonly service: TidemarkService;
  readonly modelNote: string;
  readonly isNew: boolean;
  /** Starts every generation's stages: from then on it can be asked. */
  start(): Promise<void>;
  /** Runs until aborted; rejects on a bug in any part. */
  run(signal: AbortSignal): Promise<void>;
}

/** @throws DataDirectoryLockedError and other named errors of what cannot be opened */
export async function openTidemark(options: OpenOptions): Promise<OpenedTidemark> {
  const { config, dataDirectory, logger, metrics, readiness, resources, wrap } = options;
  const clock = systemClock;
  const opened = resources.use(await SqliteDatabase.open({ directory: dataDirectory }));
  const database = wrap?.database(opened) ?? opened;
  const log = resources.use(new SqliteEventLog({ database }));
  const index = resources.use(new SqliteVectorIndex({ database }));
  const catalogue = await Catalogue.load(log, clock);
  const isNew = catalogue.active === null;
  const embedders = resources.use(new Embedders(config, logger, dataDirectory));
  const { extraction } = config.vectors;
  const extractor = resources.use(
    Extractor.open({
      workers: extraction.workersMax,
      inputBytesMax: extraction.inputBytesMax,
      outputCharsMax: extraction.textBytesMax,
      depthMax: extraction.nestingMax,
      pagesMax: extraction.pagesMax,
      timeMsMax: extraction.timeMsMax,
      memoryMbMax: Math.ceil(extraction.memoryBytesMax / 2 ** 20),
    }),
  );
  const wanted = await embedders.byName(config.vectors.embedder);
  const recipe = recipeOf(config, wanted.embedder);
  const ledger = new FreshnessLedger((source) => objectivesFor(config, source));
  const isActive = (generation: string | null) => catalogue.active?.id === generation;
  const measuring = new Measuring(metrics, ledger, isActive);
  const accepted = new AcceptedDocuments();
  const stop = new AbortController();
  let bug: { readonly error: unknown } | null = null;
  const failed = (error: unknown) => {
    bug ??= { error };
    stop.abort();
  };
  const contents = new Map<SourceName, ContentStore>();
  const documents = new Map<SourceName, DocumentSource>();
  const rechunk = async (mutation: UpsertMutation) =>
    keeper.line(keeper.active.id)?.rechunk(mutation, stop.signal);
  const keeper = new GenerationKeeper({
    catalogue,
    log,
    index,
    clock,
    logger,
    openEmbedder: async (wantedRecipe) => {
      const embedder = await embedders.forRecipe(wantedRecipe);
      return wrap?.embedder(embedder) ?? embedder;
    },
    keepMs: config.generations.keepMs,
    failed,
    line: {
      log,
      index,
      clock,
      chance: systemChance,
      token: tokenSource(randomUUID()),
      logger,
      observer: measuring,
      extractor,
      contents,
      windowOf: (source) => sources.windowOf(source),
      accepted: (mutation) => accepted.has(mutation.documentId),
      restate: (mutations, again) => restate(mutations, again),
    },
  });
  const sources = await openSources({
    config,
    log,
    index,
    catalogue,
    clock,
    chance: systemChance,
    logger,
    generation: () => keeper.active.id,
    digestedTo: (source) => keeper.line(keeper.active.id)?.restricted.completeTo(source) ?? null,
    scanned: (report) => {
      measuring.scanned(report);
      readiness.clear(`scan of ${report.source}`);
    },
  });
  for (const [name, store] of sources.contents) contents.set(name, store);
  for (const [name, source] of sources.documents) documents.set(name, source);
  for (const { name, line } of sources.served.values()) {
    if (line) readiness.block(`scan of ${name}`, "the first scan is not finished");
  }

  /** Documents whose newest state the log lost: read again, or chunked again where pushed. */
  async function restate(
    mutations: readonly Mutation[],
    again: (mutation: UpsertMutation) => Promise<void>,
  ): Promise<void> {
    for (const mutation of mutations) {
      const line = sources.served.get(mutation.source)?.line;
      if (line) await line.hint([mutation.documentId], "reconcile");
      else await rechunkPushed({ history: log, rechunk: again }, mutation.documentId, "replay");
    }
  }

  const service = new TidemarkService({
    version: options.version,
    dataDirectory,
    log,
    history: log,
    index,
    catalogue,
    keeper,
    ledger,
    clock,
    sources: sources.served,
    tenantsRequired: config.tenants.required,
    restrictionWithinMs: objectivesFor(config, null).restriction.withinMs,
    replayer: new Replayer({
      log,
      logger,
      rechunk,
      background: (work) => void work().catch(failed),
    }),
    plan: async () => {
      const price = priceOf(config);
      return planGeneration(catalogue.active, recipe.recipe, {
        log,
        contents,
        extractor,
        countTokens: (text) => wanted.embedder.countTokens(text),
        tokensPerText: recipe.recipe.embedder.kind === "onnx" ? 2 : 0,
        price,
        tokensPerMinute: null,
      });
    },
    apply: async () => void (await keeper.build(recipe)),
    embedQueued: () => wanted.queued(),
    backup: async (path) => {
      await database.backup(path);
      return { path, bytes: (await stat(path)).size };
    },
    doctor: () =>
      examine({
        dataDirectory,
        database,
        keeper,
        sources: sources.served.values(),
        modelNote: wanted.note,
        nodeVersion: process.version,
      }),
    observeSearch: (part, ms) => measuring.searched(part, ms),
    rechunk,
    accept: (ids: readonly DocumentId[]) => accepted.add(ids),
  });

  return {
    service,
    modelNote: wanted.note,
    isNew,
    async start() {
      await keeper.start(recipe);
      await ensurePushEpochs({ catalogue, config, index, log, logger, keeper });
      await recallReceipts(log, ledger, isActive);
      if (keeper.active.fingerprint !== recipe.fingerprint) {
        logger.warn({ generation: keeper.active.id }, "the config asks for another generation");
        if (config.generations.onChange === "apply") await keeper.build(recipe);
      }
    },
    async run(signal) {
      const all = AbortSignal.any([signal, stop.signal]);
      const resolver = resolveStage({
        log,
        sources: documents,
        clock,
        blocked: (hint, reason) =>
          sources.served.get(hint.source)?.line?.noteBlocked(hint.documentId, reason),
      });
      const runnerOptions = {
        log,
        index: null,
        generation: null,
        clock,
        chance: systemChance,
        logger,
        observer: measuring,
      };
      const running = [
        index.warm(keeper.active.id),
        keeper.run(all),
        sources.run(all),
        runStage(resolver, runnerOptions, all),
        maintainLoop({ log, index, service, keeper, metrics, clock, logger, signal: all }),
      ];
      const settled = await Promise.allSettled(
        running.map((each) => each.catch((error: unknown) => failed(error))),
      );
      const broken = settled.find((outcome) => outcome.status === "rejected");
      if (bug) throw bug.error;
      if (broken) throw broken.reason;
    },
  };
}

function priceOf(config: Config) {
  const embedder = config.embedders[config.vectors.embedder];
  return embedder?.kind === "openai" ? (embedder.price ?? null) : null;
}
