import { tableMappings } from "@tidemark/rows";
import { problemsOf, type Examined } from "./examine.ts";
import type { TableFacts } from "./table-facts.ts";

const mappings = tableMappings(
  { "public.articles": { key: ["id"], text: "{{title}}", metadata: [] } },
  { tenant: "*", permissions: { kind: "public" } },
);

const table: TableFacts = {
  table: "public.articles",
  columns: [
    { name: "id", type: "bigint" },
    { name: "title", type: "text" },
  ],
  replicaIdentity: "default",
  identityColumns: ["id"],
  isReadable: true,
  isPublished: true,
};
const setting = {
  role: "app",
  walLevel: "logical",
  version: 150_000,
  isReplicating: true,
  isStandby: false,
};

interface Changed {
  readonly setting?: Partial<Examined["setting"]>;
  readonly table?: Partial<TableFacts> | null;
  readonly publication?: Examined["publication"];
}

function problems({
  publication = { leavesOut: [] },
  setting: changed,
  table: facts = {},
}: Changed) {
  const examined: Examined = {
    setting: { ...setting, ...changed },
    publication,
    tables: new Map([["public.articles", facts === null ? null : { ...table, ...facts }]]),
  };
  return problemsOf(examined, mappings, "tidemark_shop");
}

test("a database that is as it has to be has no problem", () => {
  expect(problems({})).toEqual([]);
});

test.each<[string, Changed, string, string | null]>([
  ["an old server", { setting: { version: 130_000 } }, "13", null],
  ["a standby", { setting: { isStandby: true } }, "primary", null],
  [
    "a wal_level below logical",
    { setting: { walLevel: "replica" } },
    "wal_level is replica",
    "alter system set wal_level = 'logical'",
  ],
  [
    "a role without replication",
    { setting: { isReplicating: false } },
    "role app",
    'alter role "app" replication',
  ],
  ["a table that is not there", { table: null }, "no table public.articles", null],
  [
    "a column that is not there",
    { table: { columns: [{ name: "id", type: "bigint" }] } },
    "no column title",
    null,
  ],
  [
    "a table that may not be read",
    { table: { isReadable: false } },
    "may not read",
    'grant select on "public"."articles" to "app"',
  ],
  [
    "no replica identity",
    { table: { replicaIdentity: "nothing" } },
    "nothing",
    "replica identity default",
  ],
  [
    "a table without a key",
    { table: { identityColumns: [] } },
    "(none)",
    "replica identity using index",
  ],
  [
    "the key of another",
    { table: { identityColumns: ["uuid"] } },
    "(uuid)",
    "replica identity using index",
  ],
  [
    "no publication",
    { publication: null },
    "no publication",
    'create publication "tidemark_shop" for table "public"."articles"',
  ],
  [
    "a publication without the table",
    { table: { isPublished: false } },
    "lacks table",
    'add table "public"."articles"',
  ],
  [
    "a publication of less than all",
    { publication: { leavesOut: ["truncate"] } },
    "leaves out truncate",
    "set (publish =",
  ],
])("%s is named, with the SQL that mends it", (_, changed, what, sql) => {
  const [problem, ...others] = problems(changed);

  expect(others).toEqual([]);
  expect(problem?.what).toContain(what);
  if (sql === null) expect(problem?.sql).toBeNull();
  else expect(problem?.sql).toContain(sql);
});
