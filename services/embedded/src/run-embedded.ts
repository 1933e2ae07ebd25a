/** The one process: reads its config, opens everything, serves, and drains when told to stop. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { createServer, listeningOf } from "@tidemark/api";
import { openTidemark, roles, type Wrap } from "@tidemark/assembly";
import {
  boundHeaps,
  createLogger,
  createMetrics,
  defaultConfig,
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
import { DataDirectoryLockedError } from "@tidemark/sqlite";
import { banner } from "./banner.ts";
import { announceProgress } from "./announce.ts";
import { bundledHandbook } from "./bundled-handbook.ts";
import { writeProcessNote } from "./process-note.ts";
import { version } from "./version.ts";

export interface RunOptions {
  /** A folder to index in place of a config file; the bundled handbook when neither is given. */
  readonly path: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly dataDirectory: string | null;
  readonly configFiles: readonly string[];
  readonly mode: "dev" | "serve";
  readonly wrap?: Wrap;
}

/** Runs until told to stop and ends the process with its exit code. */
export async function runEmbedded(options: RunOptions): Promise<void> {
  const { isTTY: isTerminal } = process.stdout;
  const write = (line: string) => void process.stdout.write(line);
  const first = createLogger({ isTerminal, write });
  await runProcess((context) => serve(options, context, { isTerminal, write }), {
    logger: first,
    process,
  });
}

async function serve(
  options: RunOptions,
  { signal, resources, setDrainMs }: ProcessContext,
  terminal: { readonly isTerminal: boolean; readonly write: (line: string) => void },
): Promise<void> {
  const { config, warnings } = readConfig(options);
  boundHeaps(memoryBudget(config.server.memoryBytesMax));
  setDrainMs(config.server.drainMs);
  const logger = createLogger({
    level: config.server.logLevel,
    form: config.server.log,
    ...terminal,
  });
  for (const warning of warnings) logger.warn(warning, "config");
  refuseUnbuilt(config);
  const { host, keys, port } = listeningOf(config.server, options);
  const dataDirectory = resolve(options.dataDirectory ?? config.server.dataPath ?? ".tidemark");
  const metrics = createMetrics();
  metrics.build.set({ version }, 1);
  const readiness = new Readiness({ starting: "opening the data directory and the model" });
  const live = resources.use(new EventLoopWatch({ nowMs: () => Date.now() }));
  const { wrap } = options;
  let ownUrl: string | null = null;
  const tidemark = await locked(() =>
    openTidemark(
      {
        config,
        version,
        service: "tidemark",
        roles: new Set(roles),
        dataDirectory,
        logger,
        metrics,
        readiness,
        resources,
        wrap,
        ownUrl: () => ownUrl,
      },
      signal,
    ),
  );
  const { service } = tidemark;
  if (!service) throw new Error("a process with every role can be asked");
  const app = createServer({
    operations: service,
    logger,
    metrics,
    keys,
    health: { live, readiness },
    options: { version },
  });
  resources.defer(() => app.close());
  await tidemark.start(signal);
  const stop = new AbortController();
  const running = tidemark.run(AbortSignal.any([signal, stop.signal]));
  try {
    await app.listen({ host, port });
    const address = app.server.address();
    const bound = typeof address === "object" && address ? address.port : port;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
    ownUrl = reachedAt(host, bound);
    resources.use(
      await writeProcessNote(dataDirectory, {
        url,
        pid: process.pid,
        startedAt: new Date().toISOString(),
      }),
    );
    readiness.clear("starting");
    const facts = {
      version,
      mode: options.mode,
      url,
      hasKeys: keys !== null,
      dataDirectory: `${relative(process.cwd(), dataDirectory) || dataDirectory}/`,
      isNew: tidemark.isNew,
      model: tidemark.modelNote,
      sources: sourcesOf(config),
    };
    if (terminal.isTerminal) terminal.write(`${banner(facts)}\n`);
    else logger.info(facts, "listening");
    void announceProgress(service, { ...terminal, logger, facts, signal }).catch((error: unknown) =>
      logger.warn({ problem: String(error) }, "progress is not shown"),
    );
    await running;
  } finally {
    stop.abort();
    await running.catch(() => {});
  }
}

/** By this process itself: an address that stands for all of them is none to ask. */
function reachedAt(host: string, port: number): string {
  if (host === "0.0.0.0") return `http://127.0.0.1:${port}`;
  if (host === "::") return `http://[::1]:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function readConfig(options: RunOptions): ReturnType<typeof loadConfigFiles> {
  if (options.configFiles.length === 0) {
    const folderPath = resolve(options.path ?? bundledHandbook());
    if (!existsSync(folderPath)) {
      throw new ExitError(exitCodes.config, `there is no folder ${folderPath}`);
    }
    return { config: defaultConfig({ folderPath }), warnings: [] };
  }
  return loadConfigFiles(options.configFiles, process.env);
}

function sourcesOf(config: Config): readonly { readonly name: string; readonly what: string }[] {
  return Object.values(config.sources).flatMap((source) => {
    if (source.kind === "push") return [{ name: source.name, what: "pushed over HTTP" }];
    if (source.kind !== "folder") return [];
    const shown = relative(process.cwd(), source.path);
    const where = shown === "" || shown.startsWith("..") ? source.path : shown;
    return [{ name: source.name, what: `${where}${source.watch ? " · watched" : ""}` }];
  });
}

/** A second process on the same data directory is told who holds it. */
async function locked<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof DataDirectoryLockedError)) throw error;
    throw new ExitError(exitCodes.dataLocked, error.message, { cause: error });
  }
}
