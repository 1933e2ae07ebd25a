/**
 * Messages of our own in the WAL. One that comes back proves that everything committed before it was
 * written has come too, also where nothing that is mapped changes; and the slot moves on with it.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";
import { watermarkPrefix } from "./fold-events.ts";

const underwayMax = 100;

export class Watermarks {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #underway = new Map<string, number>();

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  async emit(): Promise<void> {
    // A reader that is far behind has enough of them before it.
    if (this.#underway.size >= underwayMax) return;
    const id = randomUUID();
    this.#underway.set(id, this.#clock.nowMs());
    await this.#connection.ask("select pg_logical_emit_message(true, $1, $2)", [
      watermarkPrefix,
      id,
    ]);
  }

  /** When it was written, if it is one of this connection's. */
  passed(id: string): number | null {
    const atMs = this.#underway.get(id) ?? null;
    this.#underway.delete(id);
    return atMs;
  }
}
