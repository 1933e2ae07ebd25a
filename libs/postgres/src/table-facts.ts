/** What the database says of the tables that are mapped. */
import type { TableMapping } from "@tidemark/rows";
import type { Connection } from "./connection.ts";
import type { ColumnType, ColumnTypes } from "./row-values.ts";

export interface ColumnFacts {
  readonly name: string;
  /** As a cast writes it, such as `bigint` or `character varying(20)`. */
  readonly type: string;
}

export interface TableFacts {
  readonly table: string;
  readonly columns: readonly ColumnFacts[];
  readonly replicaIdentity: "default" | "nothing" | "full" | "index";
  /** Of the key of the replica identity; of the primary key where it is `full`; empty for none. */
  readonly identityColumns: readonly string[];
  readonly isReadable: boolean;
  readonly isPublished: boolean;
}

const tableSql = `
select c.oid::text as oid, c.relreplident, has_table_privilege(c.oid, 'select')::text as readable,
  exists (select from pg_publication_tables p
    where p.pubname = $3 and p.schemaname = $1 and p.tablename = $2)::text as published
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')`;

const columnsSql = `
select attname, format_type(atttypid, atttypmod) as type from pg_attribute
where attrelid = $1::oid and attnum > 0 and not attisdropped order by attnum`;

const identitySql = `
select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
where i.indrelid = $1::oid and case when $2 = 'i' then i.indisreplident else i.indisprimary end`;

const typesSql = `
select oid::text as oid, case when typtype = 'd' then typbasetype else 0 end::text as base,
  case when typcategory = 'A' then typelem else 0 end::text as element
from pg_type where typtype = 'd' or typcategory = 'A'`;

const identities = { d: "default", n: "nothing", f: "full", i: "index" } as const;

/** Null where there is no such table. */
export async function tableFacts(
  connection: Connection,
  { table }: Pick<TableMapping, "table">,
  publication: string,
): Promise<TableFacts | null> {
  const [schema, name] = splitTable(table);
  const { rows } = await connection.ask(tableSql, [schema, name, publication]);
  const [found] = rows;
  if (!found) return null;
  const { oid, published, readable, relreplident } = found;
  const columns = await connection.ask(columnsSql, [oid]);
  const identity = await connection.ask(identitySql, [oid, relreplident]);
  return {
    table,
    columns: columns.rows.map(({ attname, type }) => ({ name: attname ?? "", type: type ?? "" })),
    replicaIdentity: identities[(relreplident ?? "n") as keyof typeof identities],
    identityColumns: identity.rows.map(({ attname }) => attname ?? ""),
    isReadable: readable === "true",
    isPublished: published === "true",
  };
}

/** Of arrays and domains; what is in neither stands for itself. */
export async function columnTypes(connection: Connection): Promise<ColumnTypes> {
  const { rows } = await connection.ask(typesSql);
  return new Map(
    rows.map(({ base, element, oid }): readonly [number, ColumnType] => [
      Number(oid),
      { base: Number(base), element: Number(element) },
    ]),
  );
}

/** The first dot parts the schema from the table. */
export function splitTable(table: string): readonly [schema: string, name: string] {
  const dot = table.indexOf(".");
  return [table.slice(0, dot), table.slice(dot + 1)];
}

export function quoteTable(table: string): string {
  return splitTable(table).map(quoteName).join(".");
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
