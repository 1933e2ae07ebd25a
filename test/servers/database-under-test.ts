/** A database of a test's own on a real server, with names that no other test has. */
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { databaseUrl, type PostgresServer } from "./postgres.ts";

export class DatabaseUnderTest implements AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly #server: PostgresServer;

  private constructor(server: PostgresServer, name: string) {
    this.#server = server;
    this.name = name;
    this.url = databaseUrl(server, name);
  }

  static async create(server: PostgresServer, sql?: string): Promise<DatabaseUnderTest> {
    const database = new DatabaseUnderTest(server, `t${randomBytes(6).toString("hex")}`);
    await askAt(server.url, `create database ${database.name}`);
    if (sql) await database.run(sql);
    return database;
  }

  /** One that is there already and belongs to another process: only its sessions are of use. */
  static at(url: string): Pick<DatabaseUnderTest, "session"> {
    return { session: () => sessionAt(url) };
  }

  /** Slots belong to the whole server: this one's is named for the database. */
  get slot(): string {
    return `tidemark_${this.name}`;
  }

  /** Several statements in one transaction, unless they say otherwise. */
  async run(sql: string): Promise<void> {
    await askAt(this.url, sql);
  }

  async rows<T extends object>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return askAt<T>(this.url, sql, values);
  }

  /** A session of its own, for what stays open. The caller ends it. */
  async session(): Promise<Client> {
    return sessionAt(this.url);
  }

  /** As somebody who does not know of its reader. */
  async dropSlot(slot = this.slot): Promise<void> {
    await askAt(
      this.#server.url,
      `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1`,
      [slot],
    );
    for (;;) {
      try {
        const sql = `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1`;
        await askAt(this.#server.url, sql, [slot]);
        return;
      } catch (error) {
        // Its process is still on its way out, or somebody has taken it again.
        if ((error as { readonly code?: string }).code !== "55006") throw error;
        const sql = `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1`;
        await askAt(this.#server.url, sql, [slot]);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const own = `select slot_name from pg_replication_slots where database = $1`;
    const slots = await askAt<{ readonly slot_name: string }>(this.#server.url, own, [this.name]);
    for (const { slot_name: slot } of slots) await this.dropSlot(slot);
    await askAt(this.#server.url, `drop database if exists ${this.name} with (force)`);
  }
}

async function sessionAt(url: string): Promise<Client> {
  const client = clientAt(url);
  await client.connect();
  return client;
}

function clientAt(url: string): Client {
  const client = new Client({ connectionString: url });
  // One that is ended by the server says so; the next question fails.
  client.on("error", () => {});
  return client;
}

async function askAt<T extends object>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = clientAt(url);
  await client.connect();
  try {
    const answer =
      values.length > 0 ? await client.query<T>(sql, [...values]) : await client.query<T>(sql);
    return answer.rows;
  } finally {
    await client.end();
  }
}
