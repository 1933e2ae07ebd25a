/** Rows of a table as they are now: by their keys, or all of them in the order of their keys. */
import { rowKey, type Row, type RowValue, type TableMapping } from "@tidemark/rows";
import type { Answer, Connection, TextRow } from "./connection.ts";
import { rowValue, type ColumnTypes } from "./row-values.ts";
import { quoteName, quoteTable, type TableFacts } from "./table-facts.ts";
import { parseSnapshot, type Snapshot } from "./visibility.ts";

export interface ReadableTable {
  readonly mapping: TableMapping;
  readonly facts: TableFacts;
}

/** The texts of a key's columns, in the order of the mapping. */
export type KeyTexts = readonly string[];

export interface Reread {
  /** By `rowKey` of the texts that were asked for; absent where there is no such row. */
  readonly rows: ReadonlyMap<string, Row>;
  readonly snapshot: Snapshot;
}

/** Such as no table has. */
const [snapshotColumn, ordinalColumn] = ["?snapshot", "?ordinal"];
const ours: ReadonlySet<string> = new Set([snapshotColumn, ordinalColumn]);

/** All in one statement, so that every column and every row is of one moment. */
export async function rowsByKey(
  connection: Connection,
  types: ColumnTypes,
  { facts, mapping }: ReadableTable,
  keys: readonly KeyTexts[],
): Promise<Reread> {
  const asked = mapping.key.map((_, at) => `k${at}`);
  const on = mapping.key.map((column, at) => {
    return `t.${quoteName(column)} = w.${asked[at]}::${typeOf(facts, column)}`;
  });
  const sql = `
with s as materialized (select pg_current_snapshot()::text as snapshot)
select s.snapshot as "${snapshotColumn}", w.n as "${ordinalColumn}", ${columnsOf(mapping)} from s left join (
  unnest(${asked.map((_, at) => `$${at + 1}::text[]`).join(", ")}) with ordinality as w(${[...asked, "n"].join(", ")})
  join ${quoteTable(mapping.table)} t on ${on.join(" and ")}) on true`;
  const columns = mapping.key.map((_, at) => keys.map((texts) => texts[at]));
  const answer = await connection.ask(sql, columns);
  const rows = new Map<string, Row>();
  for (const found of answer.rows) {
    const texts = keys[Number(found[ordinalColumn]) - 1];
    if (texts) rows.set(rowKey(mapping.table, texts), rowOf(types, answer, found));
  }
  return { rows, snapshot: parseSnapshot(answer.rows[0]?.[snapshotColumn] ?? "") };
}

/** Between two keys, in the order of the table's own key; either end may be open. */
export interface KeyRange {
  /** Rows from here on, this one included. */
  readonly from?: KeyTexts;
  /** Rows before this one. */
  readonly to?: KeyTexts;
}

const rowsFirst = 100;
const rowsMost = 2_000;
const bytesAimed = 1 << 20;

/**
 * Every row that is there from the first chunk to the last without its key being changed, and none
 * twice. Each chunk is a statement of its own, so that no transaction stays open; its size follows
 * from what rows weigh. The next is asked for while the one before is in use.
 */
export async function* tableChunks(
  connection: Connection,
  types: ColumnTypes,
  table: ReadableTable,
  range: KeyRange = {},
): AsyncGenerator<Iterable<Row>> {
  let asked: Promise<Chunk> | null = readChunk({ after: null, limit: rowsFirst });
  while (asked) {
    const { after, answer, limit }: Chunk = await asked;
    asked = after ? readChunk({ after, limit }) : null;
    // One that nobody goes on to use fails in silence.
    asked?.catch(() => {});
    if (answer.rows.length > 0) yield rowsOf(types, answer);
  }

  async function readChunk(from: ChunkStart): Promise<Chunk> {
    const { sql, values } = chunkQuery(table, { ...from, range });
    const answer = await connection.ask(sql, values);
    const last = answer.rows.at(-1);
    if (!last || answer.rows.length < from.limit) return { answer, after: null, limit: 0 };
    const after = table.mapping.key.map((column) => last[column] ?? null);
    return { answer, after, limit: nextLimit(answer, from.limit) };
  }
}

interface ChunkStart {
  /** The last key of the chunk before; null where there is none. */
  readonly after: readonly (string | null)[] | null;
  readonly limit: number;
}

/** With where the next one starts; `after` is null where there is none. */
interface Chunk extends ChunkStart {
  readonly answer: Answer;
}

function nextLimit({ rows }: Answer, limit: number): number {
  const bytes = rows.reduce((sum, row) => sum + weightOf(row), 0);
  const fitting = Math.floor((bytesAimed / Math.max(1, bytes)) * rows.length);
  return Math.max(1, Math.min(rowsMost, limit * 4, fitting));
}

/** One at a time, so that few are in memory besides their texts. */
function* rowsOf(types: ColumnTypes, answer: Answer): Generator<Row> {
  for (const row of answer.rows) yield rowOf(types, answer, row);
}

function chunkQuery(
  { facts, mapping }: ReadableTable,
  { after, limit, range: { from, to } }: ChunkStart & { readonly range: KeyRange },
) {
  const values: unknown[] = [];
  const keyOf = () => mapping.key.map((column) => `t.${quoteName(column)}`).join(", ");
  const bound = (comparison: string, texts: readonly (string | null)[]) => {
    const casts = mapping.key.map((column, at) => {
      values.push(texts[at]);
      return `$${values.length}::text::${typeOf(facts, column)}`;
    });
    return `(${keyOf()}) ${comparison} (${casts.join(", ")})`;
  };
  const bounds = [
    ...(after ? [bound(">", after)] : from ? [bound(">=", from)] : []),
    ...(to ? [bound("<", to)] : []),
  ];
  const where = bounds.length > 0 ? ` where ${bounds.join(" and ")}` : "";
  const sql = `select ${columnsOf(mapping)} from ${quoteTable(mapping.table)} t${where} order by ${keyOf()} limit ${limit}`;
  return { sql, values };
}

function columnsOf({ columns }: TableMapping): string {
  return columns.map((column) => `t.${quoteName(column)}`).join(", ");
}

function typeOf({ columns, table }: TableFacts, column: string): string {
  const found = columns.find(({ name }) => name === column);
  if (!found) throw new Error(`${table} has no column ${column}`);
  return found.type;
}

function rowOf(types: ColumnTypes, { typeOf: oidOf }: Answer, row: TextRow): Row {
  const values: Record<string, RowValue> = {};
  for (const column in row) {
    if (!ours.has(column)) {
      values[column] = rowValue(types, oidOf.get(column) ?? 0, row[column] ?? null);
    }
  }
  return values;
}

function weightOf(row: TextRow): number {
  let weight = 0;
  for (const column in row) weight += row[column]?.length ?? 0;
  return weight;
}
