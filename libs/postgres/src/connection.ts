/** Connections to one database: every value as text, times in UTC, errors translated once. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, DatabaseError } from "pg";
import { TransientError } from "@tidemark/pipeline";

const connectWithinMs = 10_000;

/** What values look like does not depend on how a role or a database is set up. */
const spelling = "-c DateStyle=ISO -c TimeZone=UTC -c IntervalStyle=iso_8601 -c bytea_output=hex";

export interface ConnectionOptions {
  readonly url: string;
  /** How `pg_stat_activity` shows it. */
  readonly applicationName: string;
  readonly isReplication?: boolean;
}

/** A column of an answer: `null` or its text. */
export type TextRow = Readonly<Record<string, string | null>>;

export interface Answer {
  readonly rows: readonly TextRow[];
  /** The type of each column, by name. */
  readonly typeOf: ReadonlyMap<string, number>;
}

/** Not open yet: `connect` is the caller's. An `error` listener is there, or a lost one ends Node. */
export function clientOf(options: ConnectionOptions): Client {
  const { applicationName, isReplication = false, url } = options;
  const config = {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    options: spelling,
    types: { getTypeParser: () => (value: string) => value },
    ...(isReplication ? { replication: "database" } : {}),
  };
  return new Client(config);
}

export class Connection implements AsyncDisposable {
  readonly #client: Client;
  readonly #lost = new AbortController();
  #asking: Promise<unknown> = Promise.resolve();

  private constructor(client: Client) {
    this.#client = client;
    client.on("error", (error) => this.#lost.abort(error));
    client.on("end", () => this.#lost.abort(new Error("the connection has ended")));
  }

  static async open(options: ConnectionOptions): Promise<Connection> {
    const client = clientOf(options);
    const connection = new Connection(client);
    await answered(() => client.connect());
    return connection;
  }

  /** Aborted once the connection is lost, with the reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws PostgresError for what the server refuses, TransientError when it does not answer */
  async ask(sql: string, values: readonly unknown[] = []): Promise<Answer> {
    // One question at a time, in the order in which they are asked.
    const asked = this.#asking.then(() =>
      answered(() => this.#client.query<TextRow>(sql, [...values])),
    );
    this.#asking = asked.catch(() => {});
    const { fields, rows } = await asked;
    return { rows, typeOf: new Map(fields.map(({ dataTypeID, name }) => [name, dataTypeID])) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endClient(this.#client);
  }
}

const endWithinMs = 2_000;

/** A server that does not answer is not waited for. */
export async function endClient(client: Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection;
  const late = new AbortController();
  const ended = client.end().catch(() => {});
  const waited = sleep(endWithinMs, null, { signal: late.signal, ref: false }).catch(() => {});
  await Promise.race([ended, waited]);
  late.abort();
  stream.destroy();
}

/** What the server said no to; whatever it is, it is tried again, since somebody may mend it. */
export class PostgresError extends TransientError {
  override name = "PostgresError";
  /** SQLSTATE, such as `42501` for a missing permission. */
  readonly code: string;

  constructor(error: DatabaseError) {
    const hint = error.hint ? ` (${error.hint})` : "";
    super(`Postgres: ${error.message}${hint}`, { cause: error, dependency: "postgres" });
    this.code = error.code ?? "";
  }
}

export const denied = "42501";

/** Everything that a client throws is about the server or the way to it. */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(error);
  }
}

export function translated(error: unknown): TransientError {
  if (error instanceof TransientError) return error;
  if (error instanceof DatabaseError) return new PostgresError(error);
  const message = error instanceof Error ? error.message : String(error);
  return new TransientError(`Postgres does not answer: ${message}`, {
    cause: error,
    dependency: "postgres",
  });
}
