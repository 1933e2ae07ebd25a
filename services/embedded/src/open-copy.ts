/**
 * A whole Tidemark for a while, in this process, on a directory and a loopback port of its own. Who
 * opens it has its index and its embedder in hand, to do to it what nobody may do to the real one.
 */
import { createServer } from "@tidemark/api";
import { openTidemark, roles } from "@tidemark/assembly";
import type { Embedder, VectorIndex } from "@tidemark/pipeline";
import {
  createMetrics,
  EventLoopWatch,
  Readiness,
  silentLogger,
  type Config,
} from "@tidemark/runtime";
import { SqliteVectorIndex, type SqliteDatabase } from "@tidemark/sqlite";
import { version } from "./version.ts";

export interface OpenedCopy extends AsyncDisposable {
  /** Where it answers; no key is asked for. */
  readonly url: string;
  /** The very index that searches of the copy use. */
  readonly index: VectorIndex;
  readonly embedder: Embedder;
}

const host = "127.0.0.1";

/**
 * Opens, starts and runs it until it is disposed of. Log and index must be SQLite's.
 *
 * @throws named errors of what cannot be opened
 */
export async function openCopy(options: {
  readonly config: Config;
  readonly dataDirectory: string;
}): Promise<OpenedCopy> {
  const { config, dataDirectory } = options;
  const resources = new AsyncDisposableStack();
  const stop = new AbortController();
  const metrics = createMetrics({ processDefaults: false });
  const readiness = new Readiness({});
  const live = resources.use(new EventLoopWatch({ nowMs: () => Date.now() }));
  let database: SqliteDatabase | null = null;
  let embedder: Embedder | null = null;
  try {
    const tidemark = await openTidemark(
      {
        config,
        version,
        service: "tidemark",
        roles: new Set(roles),
        dataDirectory,
        logger: silentLogger,
        metrics,
        readiness,
        resources,
        wrap: {
          database: (opened) => (database = opened),
          embedder: (opened) => (embedder = opened),
        },
      },
      stop.signal,
    );
    const { service } = tidemark;
    if (!service) throw new Error("a process with every role can be asked");
    const app = createServer({
      operations: service,
      logger: silentLogger,
      metrics,
      keys: null,
      health: { live, readiness },
      options: { version },
    });
    resources.defer(() => app.close());
    await tidemark.start(stop.signal);
    const running = tidemark.run(stop.signal);
    // Whoever disposes of it hears of a bug; until then it is nobody's to wait for.
    running.catch(() => {});
    resources.defer(async () => {
      stop.abort();
      await running;
    });
    await app.listen({ host, port: 0 });
    const address = app.server.address();
    if (!database || !embedder || typeof address !== "object" || !address) {
      throw new Error("a copy has a database, an embedder and a port");
    }
    return {
      url: `http://${host}:${address.port}`,
      index: new SqliteVectorIndex({ database }),
      embedder,
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  } catch (error) {
    stop.abort();
    await resources.disposeAsync();
    throw error;
  }
}
