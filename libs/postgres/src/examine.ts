/** What keeps a database from being read, each with the SQL that mends it. */
import type { TableMapping } from "@tidemark/rows";
import type { Connection } from "./connection.ts";
import {
  addTableSql,
  createPublicationSql,
  publicationFacts,
  type PublicationFacts,
} from "./slot.ts";
import { quoteName, quoteTable, tableFacts, type TableFacts } from "./table-facts.ts";

export interface Problem {
  readonly what: string;
  /** Run by whoever may; null where SQL alone does not mend it. */
  readonly sql: string | null;
}

export interface Setting {
  readonly role: string;
  readonly walLevel: string;
  readonly version: number;
  readonly isReplicating: boolean;
  readonly isStandby: boolean;
}

export interface Examined {
  readonly setting: Setting;
  readonly publication: PublicationFacts | null;
  readonly tables: ReadonlyMap<string, TableFacts | null>;
}

/** `pg_logical_emit_message` reaches pgoutput from here on. */
const oldestVersion = 140_000;

const settingSql = `
select current_user as role, current_setting('wal_level') as wal_level,
  current_setting('server_version_num') as version, pg_is_in_recovery()::text as standby,
  (select rolreplication or rolsuper from pg_roles where rolname = current_user)::text as replicating`;

export async function examine(
  connection: Connection,
  mappings: ReadonlyMap<string, TableMapping>,
  publication: string,
): Promise<Examined> {
  const [found] = (await connection.ask(settingSql)).rows;
  const { replicating, role, standby, version, wal_level: walLevel } = found ?? {};
  const tables = new Map<string, TableFacts | null>();
  for (const mapping of mappings.values()) {
    tables.set(mapping.table, await tableFacts(connection, mapping, publication));
  }
  return {
    setting: {
      role: role ?? "",
      walLevel: walLevel ?? "",
      version: Number(version),
      isReplicating: replicating === "true",
      isStandby: standby === "true",
    },
    publication: await publicationFacts(connection, publication),
    tables,
  };
}

/** What is wrong, in the order in which it has to be mended; nothing where it can be read. */
export function problemsOf(
  { publication, setting, tables }: Examined,
  mappings: ReadonlyMap<string, TableMapping>,
  name: string,
): readonly Problem[] {
  return [
    ...problemsOfServer(setting),
    ...[...mappings.values()].flatMap((mapping) =>
      problemsOfTable(mapping, tables.get(mapping.table) ?? null, setting.role),
    ),
    ...problemsOfPublication({ publication, tables, name }),
  ];
}

function problemsOfServer({
  isReplicating,
  isStandby,
  role,
  version,
  walLevel,
}: Setting): Problem[] {
  const problems: Problem[] = [];
  if (version < oldestVersion) {
    problems.push({
      what: `the server is version ${version / 10_000}, and 14 is the oldest that is read`,
      sql: null,
    });
  }
  if (isStandby) problems.push({ what: "the server is a standby: name the primary", sql: null });
  if (walLevel !== "logical") {
    const sql = "alter system set wal_level = 'logical'; -- then restart the server";
    problems.push({ what: `wal_level is ${walLevel}, and changes are only told at logical`, sql });
  }
  if (!isReplicating) {
    const sql = `alter role ${quoteName(role)} replication;`;
    problems.push({ what: `role ${role} may not read changes`, sql });
  }
  return problems;
}

function problemsOfTable(
  { columns, key, table }: TableMapping,
  facts: TableFacts | null,
  role: string,
): Problem[] {
  if (!facts)
    return [{ what: `there is no table ${table}, or role ${role} may not see it`, sql: null }];
  const known = facts.columns.map(({ name }) => name);
  const missing = columns.filter((column) => !known.includes(column));
  const problems: Problem[] = missing.map((column) => ({
    what: `table ${table} has no column ${column}, which its mapping names; it has ${known.join(", ")}`,
    sql: null,
  }));
  if (missing.length > 0) return problems;
  if (!facts.isReadable) {
    const sql = `grant select on ${quoteTable(table)} to ${quoteName(role)};`;
    problems.push({ what: `role ${role} may not read table ${table}`, sql });
  }
  const { identityColumns, replicaIdentity } = facts;
  const isIdentity =
    replicaIdentity !== "nothing" &&
    identityColumns.length === key.length &&
    key.every((column) => identityColumns.includes(column));
  if (!isIdentity) problems.push(identityProblem(facts, key));
  return problems;
}

/** Without its key a delete cannot be told, and the server refuses it where there is no identity. */
function identityProblem(
  { identityColumns, replicaIdentity, table }: TableFacts,
  key: readonly string[],
): Problem {
  const wanted = key.join(", ");
  const has = identityColumns.length > 0 ? identityColumns.join(", ") : "none";
  const what = `the key of table ${table} is said to be ${wanted}, and what its changes carry is ${replicaIdentity} (${has})`;
  const isPrimary = replicaIdentity === "nothing" && identityColumns.length === key.length;
  const sql = isPrimary
    ? `alter table ${quoteTable(table)} replica identity default;`
    : `create unique index tidemark_key on ${quoteTable(table)} (${key.map(quoteName).join(", ")}); alter table ${quoteTable(table)} replica identity using index tidemark_key; -- the columns have to be not null`;
  return { what, sql };
}

/** A publication that is not there is made; one that is there belongs to somebody. */
export function problemsOfPublication(input: {
  readonly publication: PublicationFacts | null;
  readonly tables: ReadonlyMap<string, TableFacts | null>;
  readonly name: string;
}): Problem[] {
  const { name, publication, tables } = input;
  if (!publication) {
    const sql = `${createPublicationSql(name, [...tables.keys()])};`;
    return [{ what: `there is no publication ${name}`, sql }];
  }
  const problems = [...tables].flatMap(([table, facts]) =>
    facts && !facts.isPublished
      ? [{ what: `publication ${name} lacks table ${table}`, sql: `${addTableSql(name, table)};` }]
      : [],
  );
  if (publication.leavesOut.length === 0) return problems;
  const sql = `alter publication ${quoteName(name)} set (publish = 'insert, update, delete, truncate');`;
  const what = `publication ${name} leaves out ${publication.leavesOut.join(", ")}`;
  return [...problems, { what, sql }];
}

/** Why changes are not told any more, though they were; null while they are. */
export async function leftOutOf(
  connection: Connection,
  mappings: ReadonlyMap<string, TableMapping>,
  publication: string,
): Promise<string | null> {
  const examined = await examine(connection, mappings, publication);
  const [first] = problemsOfPublication({ ...examined, name: publication });
  return first ? `for a while ${first.what}` : null;
}
