/**
 * The service that embeds: opens every model of the config with the code of the one process, and
 * answers over gRPC. It needs neither log nor index.
 */
import { createHealthServer, listeningOf } from "@tidemark/api";
import type { Embedder } from "@tidemark/pipeline";
import { EmbedderServer, type ServedModel } from "@tidemark/rpc";
import {
  boundHeaps,
  createLogger,
  createMetrics,
  EventLoopWatch,
  ExitError,
  exitCodes,
  isLoopback,
  loadConfigFiles,
  memoryBudget,
  readPem,
  Readiness,
  runProcess,
  type ProcessContext,
} from "@tidemark/runtime";
import { measureAnswers, measureQueues, measureRuns } from "./measure.ts";
import { openModels } from "./open-models.ts";

export interface EmbedderServiceOptions {
  readonly version: string;
  readonly configFiles: readonly string[];
  /** Of the HTTP side: health and metrics. */
  readonly host: string | null;
  readonly port: number | null;
  /** Put around each model that is served, by a measurement of everything else. */
  readonly wrap?: (model: Embedder) => Embedder;
}

/** Runs until told to stop and ends the process with its exit code. */
export async function runEmbedderService(options: EmbedderServiceOptions): Promise<void> {
  const { isTTY: isTerminal } = process.stdout;
  const write = (line: string) => void process.stdout.write(line);
  await runProcess((context) => serve(options, context, { isTerminal, write }), {
    logger: createLogger({ isTerminal, write }),
    process,
  });
}

async function serve(
  options: EmbedderServiceOptions,
  { signal, resources, setDrainMs }: ProcessContext,
  terminal: { readonly isTerminal: boolean; readonly write: (line: string) => void },
): Promise<void> {
  const { version } = options;
  if (options.configFiles.length === 0) {
    throw new ExitError(exitCodes.config, "a service needs a config: --config tidemark.yaml");
  }
  const { config, warnings } = loadConfigFiles(options.configFiles, process.env);
  const { drainMs, grpc, log: form, logLevel: level } = config.server;
  const budget = memoryBudget(config.server.memoryBytesMax);
  boundHeaps(budget);
  setDrainMs(drainMs);
  const logger = createLogger({ level, form, ...terminal });
  for (const warning of warnings) logger.warn(warning, "config");
  const { host, keys, port } = listeningOf(config.server, options);
  const tls = config.server.grpcTls && readPem("server.grpcTls", config.server.grpcTls);
  const metrics = createMetrics();
  metrics.build.set({ version }, 1);
  const readiness = new Readiness({ starting: "opening the models" });
  const live = resources.use(new EventLoopWatch({ nowMs: () => Date.now() }));
  const health = { live, readiness };
  const http = createHealthServer({ logger, metrics, keys, health, options: { version } });
  resources.defer(() => http.close());
  const address = await http.listen({ host, port });
  const models = await openModels({
    config,
    logger,
    resources,
    workersMax: budget.modelThreadsMax,
    onRun: measureRuns(metrics),
  });
  measureQueues(metrics, models);
  const bug = Promise.withResolvers<never>();
  const server = resources.use(
    await listenOn({
      ...grpc,
      version,
      drainMs: drainMs * drainShare,
      models: wrapped(models, options.wrap),
      nowMs: () => performance.now(),
      observe: measureAnswers(metrics, logger),
      bug: (error) => {
        // Once it stops, nobody waits for the reason to.
        if (signal.aborted) logger.error({ error }, "a request failed while stopping");
        else bug.reject(error);
      },
      ...(tls && { tls }),
    }),
  );
  if (tls === undefined && !isLoopback(grpc.host)) {
    logger.warn({ host: grpc.host }, "texts come from other machines without TLS");
  }
  readiness.clear("starting");
  logger.info({ version, address, grpc: `${grpc.host}:${server.port}` }, "running");
  await Promise.race([aborted(signal), bug.promise]);
  readiness.block("stopping", "what is under way is answered");
}

function wrapped<Model extends ServedModel>(
  models: ReadonlyMap<string, Model>,
  wrap: EmbedderServiceOptions["wrap"],
): ReadonlyMap<string, ServedModel> {
  if (!wrap) return models;
  return new Map(
    [...models].map(([name, model]) => [name, { ...model, embedder: wrap(model.embedder) }]),
  );
}

/** Of the time to stop in, what answers may take; the rest is for closing the models. */
const drainShare = 0.8;

async function listenOn(
  options: Parameters<typeof EmbedderServer.listen>[0],
): Promise<EmbedderServer> {
  try {
    return await EmbedderServer.listen(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(exitCodes.config, `server.grpc cannot be listened on: ${reason}`, {
      cause: error,
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
