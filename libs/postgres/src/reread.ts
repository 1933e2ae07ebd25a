/** What changes did not carry, and what somebody asks for again, is read by key. */
import { TransientError, type Clock } from "@tidemark/pipeline";
import { mapRow, rowKey } from "@tidemark/rows";
import { PostgresError, type Connection } from "./connection.ts";
import type { KeyedOutcome, Statement } from "./drafts.ts";
import type { RowNews } from "./fold-events.ts";
import { rowsByKey, type KeyTexts, type ReadableTable, type Reread } from "./read-rows.ts";
import type { ColumnTypes } from "./row-values.ts";
import { sees } from "./visibility.ts";

export interface RereadContext {
  readonly connection: Connection;
  readonly types: ColumnTypes;
  readonly tables: ReadonlyMap<string, ReadableTable>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when what was committed cannot be seen for long; null when it can. */
  readonly waits: (whom: string | null) => void;
}

const keysAtOnceMax = 500;
const pollMs = { least: 2, most: 500 } as const;
const reportAfterMs = 10_000;

type RereadNews = Extract<RowNews, { kind: "reread" }>;

/** The state of each row at a moment when its change could be seen: at least as new as that. */
export async function rereadChanges(
  context: RereadContext,
  changes: readonly (readonly [key: string, news: RereadNews])[],
): Promise<readonly Statement[]> {
  const byTable = Map.groupBy(changes, ([, { table }]) => table);
  const statements: Statement[] = [];
  for (const [name, ofTable] of byTable) {
    const table = context.tables.get(name);
    if (!table) continue;
    for (let at = 0; at < ofTable.length; at += keysAtOnceMax) {
      const group = ofTable.slice(at, at + keysAtOnceMax);
      const { rows } = await untilSeen(
        context,
        table,
        group.map(([, news]) => news),
      );
      for (const [key, { committedAtMs, position, texts }] of group) {
        const row = rows.get(rowKey(name, texts));
        const outcome = row ? whole(mapRow(table.mapping, row)) : null;
        statements.push({ key, position, outcome, reason: "change", sourceTimeMs: committedAtMs });
      }
    }
  }
  return statements;
}

async function untilSeen(
  { clock, connection, signal, types, waits }: RereadContext,
  table: ReadableTable,
  group: readonly RereadNews[],
): Promise<Reread> {
  const keys = group.map(({ texts }) => texts);
  const beganAtMs = clock.nowMs();
  for (let pauseMs: number = pollMs.least; ; pauseMs = Math.min(pauseMs * 2, pollMs.most)) {
    const reread = await rowsByKey(connection, types, table, keys);
    if (group.every(({ xid }) => sees(reread.snapshot, xid))) {
      waits(null);
      return reread;
    }
    if (signal.aborted) throw new TransientError("stopped before a change could be seen");
    if (clock.nowMs() - beganAtMs > reportAfterMs) waits("a standby that has to confirm first");
    await clock.sleep(pauseMs, signal);
  }
}

/** As they are now; `null` where there is no such row. Keys that the column cannot hold have none. */
export async function readDocuments(
  { connection, types }: Pick<RereadContext, "connection" | "types">,
  table: ReadableTable,
  keys: readonly KeyTexts[],
): Promise<readonly (KeyedOutcome | null)[]> {
  const outcomes: (KeyedOutcome | null)[] = [];
  for (let at = 0; at < keys.length; at += keysAtOnceMax) {
    const group = keys.slice(at, at + keysAtOnceMax);
    const rows = await rowsOrNone(connection, types, table, group);
    for (const texts of group) {
      const row = rows.get(rowKey(table.mapping.table, texts));
      outcomes.push(row ? whole(mapRow(table.mapping, row)) : null);
    }
  }
  return outcomes;
}

/** Class 22: a text that is no value of the column's type, as after the type was changed. */
const badData = /^22/u;

async function rowsOrNone(
  connection: Connection,
  types: ColumnTypes,
  table: ReadableTable,
  keys: readonly KeyTexts[],
): Promise<Reread["rows"]> {
  try {
    return (await rowsByKey(connection, types, table, keys)).rows;
  } catch (error) {
    if (!(error instanceof PostgresError) || !badData.test(error.code)) throw error;
    if (keys.length <= 1) return new Map();
    const half = Math.ceil(keys.length / 2);
    return new Map([
      ...(await rowsOrNone(connection, types, table, keys.slice(0, half))),
      ...(await rowsOrNone(connection, types, table, keys.slice(half))),
    ]);
  }
}

/** A row that was read is never incomplete. */
function whole(outcome: ReturnType<typeof mapRow>): KeyedOutcome {
  if (outcome.kind === "incomplete") throw new Error("a row that was read lacks columns");
  return outcome;
}
