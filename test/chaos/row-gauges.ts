/** Gauges that are rows of a table; their text is made of its columns. */
import {
  groupOf,
  kindOf,
  permissionsOf,
  textEnd,
  type GaugeKeeper,
  type GaugeWrite,
} from "./gauge.ts";
import type { RowSessions } from "./row-sessions.ts";

export const rowSource = "shop";
const table = "public.gauges";
/** Between the keys of a gauge and those that it gets later. */
const keyStep = 1_000;

export const gaugesSql = `
create table gauges (
  id bigint primary key, gauge int not null unique, "group" int not null, reading int not null,
  write int not null, readers text not null
);`;

export const gaugesRules = {
  [table]: {
    key: "id",
    text: `Gauge {{gauge}} of the northern dam reads {{reading}}. ${textEnd}`,
    metadata: ["gauge", "group", "write"],
    tenant: "*",
    permissions: { column: "readers" },
  },
};

const upsertSql = `
insert into gauges (id, gauge, "group", reading, write, readers) values ($1, $2, $3, $4, $5, $6)
on conflict (gauge) do update set id = excluded.id, reading = excluded.reading, write = excluded.write,
  readers = excluded.readers`;
const readingSql = "update gauges set reading = $2 where gauge = $1";
const deleteSql = "delete from gauges where gauge = $1";

export class RowGauges implements GaugeKeeper {
  readonly source = rowSource;
  readonly canMove = true;
  readonly #sessions: RowSessions;
  #commits = 0;

  constructor(sessions: RowSessions) {
    this.#sessions = sessions;
  }

  get commits(): number {
    return this.#commits;
  }

  keyOf(gauge: number, moves: number): string {
    return `${table}/${gauge + moves * keyStep}`;
  }

  /** Every other one in two steps of one transaction, whose first must not be seen by itself. */
  put({ gauge, isNarrow, moves, reading, write }: GaugeWrite): Promise<boolean> {
    const permissions = permissionsOf(kindOf(gauge), { isNarrow, reading });
    const readers = typeof permissions === "string" ? permissions : JSON.stringify(permissions);
    const id = gauge + moves * keyStep;
    const row = [id, gauge, groupOf(gauge), reading, write, readers];
    return this.#commit(async (run) => {
      if (write % 2 === 0) await run(readingSql, [gauge, reading]);
      await run(upsertSql, row);
    });
  }

  delete(gauge: number): Promise<boolean> {
    return this.#commit((run) => run(deleteSql, [gauge]));
  }

  async #commit(
    work: (run: (sql: string, values: readonly unknown[]) => Promise<unknown>) => Promise<unknown>,
  ): Promise<boolean> {
    const isKept = await this.#sessions.attempt(async (client) => {
      await client.query("begin");
      await work((sql, values) => client.query(sql, [...values]));
      await client.query("commit");
    });
    if (isKept) this.#commits += 1;
    return isKept;
  }
}
