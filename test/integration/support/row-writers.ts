/** Sessions that change a table at random, all at once: what a reader has to follow without a gap. */
import { setTimeout as sleep } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { seededChance } from "@tidemark/testing";
import type { Client } from "pg";
import type { DatabaseUnderTest } from "../../servers/database-under-test.ts";

export const writtenTableSql = `
create table items (id bigint primary key, title text not null, body text, visits int not null default 0);
alter table items alter column body set storage external;`;

/** Past what is stored in the row itself. */
const longText = "repeat(md5(random()::text), 100)";
/** Keys are below it. */
const keys = 4_000;
const pauseMsMax = 5;

export interface WritersOptions {
  readonly database: Pick<DatabaseUnderTest, "session">;
  readonly sessions: number;
  readonly seed: number;
  /** Whether the server allows transactions that are prepared. */
  readonly prepares: boolean;
}

export class RowWriters implements AsyncDisposable {
  readonly #clients: readonly Client[];
  readonly #stop = new AbortController();
  readonly #writing: Promise<unknown>;
  changes = 0;

  private constructor(clients: readonly Client[], options: WritersOptions) {
    this.#clients = clients;
    this.#writing = Promise.all(
      clients.map((client, at) => this.#write(client, seededChance(options.seed + at), options)),
    );
  }

  static async start(options: WritersOptions): Promise<RowWriters> {
    const { database, sessions } = options;
    const clients = await Promise.all(Array.from({ length: sessions }, () => database.session()));
    return new RowWriters(clients, options);
  }

  /** Resolves when what was begun has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Promise.all(this.#clients.map((client) => client.end()));
  }

  async #write(client: Client, chance: () => number, options: WritersOptions): Promise<void> {
    const { prepares } = options;
    while (!this.#stop.signal.aborted) {
      const statements = 1 + Math.floor(chance() * 4);
      await client.query("begin");
      try {
        for (let at = 0; at < statements; at += 1) {
          // So that a transaction is open while others, and snapshots, come and go.
          await sleep(chance() * pauseMsMax);
          await client.query(statementOf(chance));
        }
        const end = chance();
        if (end < 0.1) await client.query("rollback");
        else if (prepares && end < 0.2) await endPrepared(client, chance);
        else await client.query("commit");
        this.changes += statements;
      } catch (error) {
        if (!isExpected(error)) throw error;
        await client.query("rollback");
      }
    }
  }
}

async function endPrepared(client: Client, chance: () => number): Promise<void> {
  const name = randomUUID();
  await client.query(`prepare transaction '${name}'`);
  await sleep(chance() * 20);
  await client.query(`${chance() < 0.8 ? "commit" : "rollback"} prepared '${name}'`);
}

function statementOf(chance: () => number): string {
  const key = () => Math.floor(chance() * keys);
  const kind = chance();
  if (kind < 0.3) {
    const body = chance() < 0.3 ? longText : "md5(random()::text)";
    return `insert into items values (${key()}, md5(random()::text), ${body})
      on conflict (id) do update set title = excluded.title, body = excluded.body`;
  }
  if (kind < 0.55) return `update items set title = md5(random()::text) where id = ${key()}`;
  if (kind < 0.7) {
    const from = key();
    return `update items set visits = visits + 1 where id between ${from} and ${from + 300} and id % 97 = 0`;
  }
  if (kind < 0.85) return `delete from items where id = ${key()}`;
  return `update items set id = ${key()} where id = ${key()}`;
}

/** Two that want the same key, or each other's rows. */
function isExpected(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === "23505" || code === "40P01";
}
