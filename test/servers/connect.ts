/** Debezium on a Kafka Connect of our own, over any broker, for tests on a real Postgres. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "./available.ts";
import { isCached } from "./cache.ts";
import { connectCache } from "./connect-install.ts";
import { startWorker, type ConnectWorker, type WorkerOptions } from "./connect-worker.ts";
import { findLocalKafka, type LocalKafka } from "./kafka.ts";
import { findLocalPostgres, type LocalPostgres } from "./postgres.ts";

const name = "connect";
const runningWithinMs = 120_000;
const askEveryMs = 200;

/** What of Debezium a test chooses; the rest is as its users have it. */
export interface DebeziumOptions {
  readonly name: string;
  /** URL of a superuser in the database that is captured. */
  readonly database: string;
  /** Of its topics: `<prefix>.<schema>.<table>`. */
  readonly prefix: string;
  /** Such as `public.note`. */
  readonly tables: readonly string[];
  /** Values with their schemas, as is its default. */
  readonly schemas?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A database, a broker and the worker between them. */
export interface Capture extends AsyncDisposable {
  readonly kafka: LocalKafka;
  readonly postgres: LocalPostgres;
  readonly connect: DebeziumConnect;
}

export async function findCapture(): Promise<Finding<Capture>> {
  const [kafka, postgres] = [await findLocalKafka(), await findLocalPostgres()];
  if (kafka.kind === "absent") return kafka;
  if (postgres.kind === "absent") return postgres;
  const absence = notInstalled();
  if (absence) return { kind: "absent", name, reason: absence };
  return { kind: "found", name, start: () => startCapture(kafka.start, postgres.start) };
}

async function startCapture(
  startKafka: () => Promise<LocalKafka>,
  startPostgres: () => Promise<LocalPostgres>,
): Promise<Capture> {
  await using stack = new AsyncDisposableStack();
  const kafka = stack.use(await startKafka());
  const postgres = stack.use(await startPostgres());
  const connect = stack.use(await DebeziumConnect.start(kafka.brokers));
  const all = stack.move();
  return { kafka, postgres, connect, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Null where Debezium can be started. */
export function notInstalled(): string | null {
  return isCached(connectCache) ? null : "run `node test/servers/install.ts connect`";
}

export class DebeziumConnect implements AsyncDisposable {
  readonly #worker: ConnectWorker;

  private constructor(worker: ConnectWorker) {
    this.#worker = worker;
  }

  static async start(
    brokers: readonly string[],
    options: WorkerOptions = {},
  ): Promise<DebeziumConnect> {
    return new DebeziumConnect(await startWorker(brokers, options));
  }

  /** Of its REST interface. */
  get url(): string {
    return this.#worker.url;
  }

  /** Of the worker, for whoever measures it. */
  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** Makes the connector, or gives it other settings, and waits until it runs. */
  async put(options: DebeziumOptions): Promise<void> {
    const config = JSON.stringify(configOf(options));
    // It answers 409 while it is rebalancing.
    await this.#until(async () => (await this.#ask("PUT", `${options.name}/config`, config)).ok);
    await this.untilRunning(options.name);
  }

  async untilRunning(connector: string): Promise<void> {
    await this.#until(async () => {
      const response = await this.#ask("GET", `${connector}/status`);
      if (!response.ok) return false;
      const status = (await response.json()) as {
        readonly connector: { readonly state: string };
        readonly tasks: readonly { readonly state: string; readonly trace?: string }[];
      };
      const failed = status.tasks.find(({ state }) => state === "FAILED");
      if (failed) throw new Error(`${connector} has failed: ${failed.trace?.slice(0, 500)}`);
      return (
        status.connector.state === "RUNNING" &&
        status.tasks.length > 0 &&
        status.tasks.every(({ state }) => state === "RUNNING")
      );
    });
  }

  async restart(connector: string): Promise<void> {
    const path = `${connector}/restart?includeTasks=true`;
    await this.#until(async () => (await this.#ask("POST", path)).ok);
    await this.untilRunning(connector);
  }

  /** The connector is gone; its slot and what it noted of its place stay. */
  async remove(connector: string): Promise<void> {
    await this.#until(async () => {
      const { ok, status } = await this.#ask("DELETE", connector);
      return ok || status === 404;
    });
  }

  stop(how: "in order" | "killed" = "in order"): Promise<void> {
    return this.#worker.stop(how);
  }

  resume(): Promise<void> {
    return this.#worker.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
  }

  #ask(method: string, path: string, body?: string): Promise<Response> {
    const headers = { "content-type": "application/json" };
    const url = `${this.#worker.url}/connectors/${path}`;
    return fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + runningWithinMs;
    while (!(await isSo())) {
      if (performance.now() > deadlineMs) throw new Error("the connector does not run in time");
      await sleep(askEveryMs);
    }
  }
}

function configOf(options: DebeziumOptions): Readonly<Record<string, string>> {
  const { hostname, password, pathname, port, username } = new URL(options.database);
  const slot = `${options.prefix}_${options.name}`.replaceAll(/\W/gu, "_");
  const schemas = String(options.schemas ?? false);
  const converter = "org.apache.kafka.connect.json.JsonConverter";
  return {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "tasks.max": "1",
    "database.hostname": hostname,
    "database.port": port,
    "database.user": username,
    "database.password": password,
    "database.dbname": pathname.slice(1),
    "topic.prefix": options.prefix,
    "plugin.name": "pgoutput",
    "slot.name": slot,
    "publication.name": slot,
    "publication.autocreate.mode": "filtered",
    "table.include.list": options.tables.join(),
    "snapshot.mode": "initial",
    "tombstones.on.delete": "true",
    "skipped.operations": "none",
    "heartbeat.interval.ms": "1000",
    "decimal.handling.mode": "string",
    "time.precision.mode": "isostring",
    "key.converter": converter,
    "value.converter": converter,
    "key.converter.schemas.enable": schemas,
    "value.converter.schemas.enable": schemas,
    "topic.creation.default.replication.factor": "1",
    "topic.creation.default.partitions": "3",
    ...options.settings,
  };
}
