/**
 * One service of the distributed shape: reads the whole config, opens what its role needs, serves
 * its health and what can be asked of it, and drains when told to stop.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createHealthServer, createServer, createStartingServer, listeningOf } from "@tidemark/api";
import {
  boundHeaps,
  createLogger,
  createMetrics,
  EventLoopWatch,
  ExitError,
  exitCodes,
  loadConfigFiles,
  memoryBudget,
  Readiness,
  refuseUnbuilt,
  runProcess,
  type Config,
  type ProcessContext,
} from "@tidemark/runtime";
import { openTidemark } from "./open-tidemark.ts";
import { roleOfService, type ServiceName } from "./roles.ts";

export interface ServiceOptions {
  readonly service: ServiceName;
  readonly version: string;
  readonly configFiles: readonly string[];
  readonly host: string | null;
  readonly port: number | null;
}

/** What `node services/<service>/src/main.ts` is told. */
export function serviceOptions(
  service: ServiceName,
  version: string,
  args: readonly string[],
): ServiceOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", multiple: true, default: [] },
      host: { type: "string" },
      port: { type: "string" },
    },
  });
  const { config, host = null, port } = values;
  return { service, version, configFiles: config, host, port: port ? Number(port) : null };
}

/** Runs until told to stop and ends the process with its exit code. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { isTTY: isTerminal } = process.stdout;
  const write = (line: string) => void process.stdout.write(line);
  await runProcess((context) => serve(options, context, { isTerminal, write }), {
    logger: createLogger({ isTerminal, write }),
    process,
  });
}

async function serve(
  options: ServiceOptions,
  { signal, resources, setDrainMs }: ProcessContext,
  terminal: { readonly isTerminal: boolean; readonly write: (line: string) => void },
): Promise<void> {
  const { service, version } = options;
  if (options.configFiles.length === 0) {
    throw new ExitError(exitCodes.config, "a service needs a config: --config tidemark.yaml");
  }
  const { config, warnings } = loadConfigFiles(options.configFiles, process.env);
  boundHeaps(memoryBudget(config.server.memoryBytesMax));
  setDrainMs(config.server.drainMs);
  const { log: form, logLevel: level } = config.server;
  const logger = createLogger({ level, form, ...terminal });
  for (const warning of warnings) logger.warn(warning, "config");
  refuseUnbuilt(config);
  refuseAlone(config, service);
  const { host, keys, port } = listeningOf(config.server, options);
  const metrics = createMetrics();
  metrics.build.set({ version }, 1);
  const readiness = new Readiness({ starting: "opening what the config names" });
  const live = resources.use(new EventLoopWatch({ nowMs: () => Date.now() }));
  const health = { logger, metrics, keys, health: { live, readiness }, options: { version } };
  // Its health is there from the first moment; what can be asked, once it can be answered.
  const role = roleOfService[service];
  const early = role === "ask" ? createStartingServer(health) : createHealthServer(health);
  await early.listen({ host, port });
  const dataDirectory = resolve(config.server.dataPath ?? ".tidemark");
  let app = early;
  resources.defer(() => app.close());
  const tidemark = await openTidemark(
    {
      config,
      version,
      service,
      roles: new Set([role]),
      dataDirectory,
      logger,
      metrics,
      readiness,
      resources,
    },
    signal,
  );
  await tidemark.start(signal);
  const stop = new AbortController();
  const running = tidemark.run(AbortSignal.any([signal, stop.signal]));
  try {
    if (role === "ask" && tidemark.service) {
      await early.close();
      app = createServer({ ...health, operations: tidemark.service });
      await app.listen({ host, port });
    }
    readiness.clear("starting");
    logger.info({ service, version, host, port }, "running");
    await running;
  } finally {
    stop.abort();
    await running.catch(() => {});
  }
}

/** Stages in different processes need a log and an index that processes can share. */
function refuseAlone(config: Config, service: string): void {
  const alone = [
    ...(config.log.kind === "kafka" ? [] : ["log.kind: kafka"]),
    ...(config.index.kind === "qdrant" ? [] : ["index.kind: qdrant"]),
  ];
  if (alone.length === 0) return;
  const wanted = alone.join(" and ");
  throw new ExitError(
    exitCodes.config,
    `the ${service} by itself needs ${wanted}; \`tidemark serve\` runs everything in one process`,
  );
}
