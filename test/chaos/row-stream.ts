/**
 * Changes rows in transactions of several statements. What a transaction did is known once its commit
 * is acknowledged; where the answer was lost, the table says which of the two it was.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import { inventLarge, inventMarkdown, inventPermissions, inventSentence } from "../kills/invent.ts";
import { roundsApart } from "./chaos-world.ts";
import type { RowSessions } from "./row-sessions.ts";

export const itemsSql = `
create table items (
  id bigint primary key, title text not null, body text not null, area text not null, write int not null,
  readers text, holder text not null, state text not null, visits int not null default 0
);
alter table items alter column body set storage external;`;

export const itemsRules = {
  "public.items": {
    key: "id",
    text: "{{title}}\n\n{{body}}",
    metadata: ["area", "write"],
    tenant: "holder",
    permissions: { column: "readers" },
    archived: { column: "state", in: ["archived"] },
    where: { column: "state", notIn: ["draft"] },
  },
};

interface Item {
  readonly title: string;
  readonly body: string;
  readonly area: string;
  readonly write: number;
  readonly readers: string | null;
  readonly holder: string;
  readonly state: string;
}

type Items = ReadonlyMap<number, Item>;

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

const workers = 3;
const keysMax = 10;
const statementsMax = 4;
const againAfterMs = 200;
/** A transaction that stays open for so long, while others and snapshots come and go. */
const openMsMax = 1_500;
const rolledBackShare = 0.1;
const openShare = 0.1;
/** Past what is stored in the row itself. */
const longCharacters = 2_600;
const areas = ["north", "south", "yard"];
const holders = ["acme", "globex"];

const columns = ["title", "body", "area", "write", "readers", "holder", "state"] as const;
const putSql = `
insert into items (id, ${columns.join(", ")}) values ($1, ${columns.map((_, at) => `$${at + 2}`).join(", ")})
on conflict (id) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}`;
const deleteSql = "delete from items where id = $1";
const moveSql = "update items set id = $2 where id = $1";
const visitSql = "update items set visits = visits + 1 where id = $1";
const readSql = `select id::int as id, ${columns.join(", ")} from items where id between $1 and $2 order by id`;

export class RowStream {
  readonly #sessions: RowSessions;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  /** By the first key of a worker's range: what was acknowledged there. */
  readonly #known = new Map<number, Items>();
  #statements = 0;
  #commits = 0;
  #uncertain = 0;

  constructor(options: {
    readonly sessions: RowSessions;
    readonly chance: Chance;
    readonly pauseMs: number;
  }) {
    this.#sessions = options.sessions;
    this.#chance = options.chance;
    this.#pauseMs = options.pauseMs;
  }

  get figures() {
    return { statements: this.#statements, commits: this.#commits, uncertain: this.#uncertain };
  }

  async run(round: number, signal: AbortSignal): Promise<void> {
    await Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        const first = ((round % roundsApart) * workers + worker) * keysMax;
        while (!signal.aborted) {
          await this.#transact(first);
          const pauseMs = this.#chance() * 2 * this.#pauseMs;
          await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        }
      }),
    );
  }

  /** @throws when a range of the table is not as it was acknowledged */
  async verify(): Promise<void> {
    for (const [first, known] of this.#known) {
      const rows = await this.#read(first);
      if (textOf(rows) === textOf(known)) continue;
      throw new Error(`${first}: ${textOf(rows)}, and ${textOf(known)} was acknowledged`);
    }
  }

  async #transact(first: number): Promise<void> {
    const before = this.#known.get(first) ?? new Map<number, Item>();
    const after = new Map(before);
    const statements = Array.from({ length: between(this.#chance, 1, statementsMax) }, () =>
      this.#invent(after, first),
    ).flat();
    const [isKept, isOpen] = [this.#chance() >= rolledBackShare, this.#chance() < openShare];
    const openMs = isOpen ? this.#chance() * openMsMax : 0;
    const isDone = await this.#sessions.attempt(async (client) => {
      await client.query("begin");
      for (const { sql, values } of statements) {
        await client.query(sql, [...values]);
        this.#statements += 1;
      }
      await sleep(openMs);
      await client.query(isKept ? "commit" : "rollback");
    });
    if (isDone) {
      if (isKept) this.#commits += 1;
      this.#known.set(first, isKept ? after : before);
      return;
    }
    const rows = await this.#read(first);
    this.#uncertain += 1;
    const isOne = [before, ...(isKept ? [after] : [])].some(
      (items) => textOf(items) === textOf(rows),
    );
    if (!isOne) {
      throw new RangeError(
        `${first}: ${textOf(rows)}, neither ${textOf(before)} nor ${textOf(after)}`,
      );
    }
    this.#known.set(first, rows);
  }

  /** Again and again until the server answers. */
  async #read(first: number): Promise<Items> {
    let rows: readonly (Item & { readonly id: number })[] = [];
    const read = () =>
      this.#sessions.attempt(async (client) => {
        ({ rows } = await client.query<Item & { readonly id: number }>(readSql, [
          first,
          first + keysMax - 1,
        ]));
      });
    while (!(await read())) await sleep(againAfterMs);
    return new Map(rows.map(({ id, ...item }) => [id, item]));
  }

  /** One change of `items`, which shows it then. */
  #invent(items: Map<number, Item>, first: number): Statement[] {
    const key = () => between(this.#chance, first, first + keysMax - 1);
    const id = key();
    const before = items.get(id);
    const chance = this.#chance();
    const put = (changed: Partial<Item>): Statement => {
      const item = {
        ...(items.get(id) ?? this.#inventItem()),
        ...changed,
        write: this.#statements,
      };
      items.set(id, item);
      return { sql: putSql, values: [id, ...columns.map((column) => item[column])] };
    };
    const remove = (): Statement => {
      items.delete(id);
      return { sql: deleteSql, values: [id] };
    };
    if (!before) return [put({})];
    if (chance < 0.25) return [put({ body: this.#inventBody() })];
    if (chance < 0.4) return [put({ readers: this.#inventReaders() })];
    if (chance < 0.5) return [put({ area: pick(this.#chance, areas) })];
    if (chance < 0.6) return [put({ state: pick(this.#chance, ["archived", "draft", "live"]) })];
    if (chance < 0.65) return [{ sql: visitSql, values: [id] }];
    if (chance < 0.7)
      return [put({ body: this.#inventBody() }), put({ title: this.#inventTitle() })];
    // The same key again, in the same transaction.
    if (chance < 0.75) return [remove(), put({})];
    if (chance < 0.9) {
      const to = key();
      if (items.has(to)) return [remove()];
      items.delete(id);
      items.set(to, before);
      return [{ sql: moveSql, values: [id, to] }];
    }
    return [remove()];
  }

  #inventItem(): Omit<Item, "write"> {
    return {
      title: this.#inventTitle(),
      body: this.#inventBody(),
      area: pick(this.#chance, areas),
      readers: this.#inventReaders(),
      holder: pick(this.#chance, holders),
      state: "live",
    };
  }

  #inventTitle(): string {
    return inventSentence(this.#chance);
  }

  #inventBody(): string {
    if (this.#chance() < 0.1) return inventLarge(this.#chance).slice(0, longCharacters);
    return inventMarkdown(this.#chance);
  }

  #inventReaders(): string | null {
    if (this.#chance() < 0.1) return null;
    const permissions = inventPermissions(this.#chance);
    return typeof permissions === "string" ? permissions : JSON.stringify(permissions);
  }
}

function textOf(items: Items): string {
  const sorted = [...items].toSorted(([one], [other]) => one - other);
  const fields = sorted.map(([id, item]) => [id, ...columns.map((column) => item[column])]);
  return JSON.stringify(fields);
}
