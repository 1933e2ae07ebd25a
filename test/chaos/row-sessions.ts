/** Sessions of a database that goes away and comes back: a lost one is replaced by another. */
import type { Client } from "pg";
import type { DatabaseUnderTest } from "../servers/database-under-test.ts";

/** The server went away, or was just going or coming: connection exceptions, operator intervention. */
const awayStates = /^(?:08|57P)/u;
const sqlState = /^[0-9A-Z]{5}$/u;

export class RowSessions implements AsyncDisposable {
  readonly #database: Pick<DatabaseUnderTest, "session">;
  readonly #idle: Client[] = [];

  constructor(database: Pick<DatabaseUnderTest, "session">) {
    this.#database = database;
  }

  /**
   * False when the session was lost meanwhile: nobody knows what of the work was kept.
   *
   * @throws what the server refuses
   */
  async attempt(work: (client: Client) => Promise<unknown>): Promise<boolean> {
    let client: Client | undefined;
    try {
      client = this.#idle.pop() ?? (await this.#database.session());
      await work(client);
      this.#idle.push(client);
      return true;
    } catch (error) {
      void client?.end().catch(() => {});
      const { code = "" } = error as { readonly code?: string };
      if (sqlState.test(code) && !awayStates.test(code)) throw error;
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((client) => client.end()));
  }
}
