/** What documents lack of the rows that `row-writers.ts` writes. */
import { mapRow, tableMappings, type TableRules } from "@tidemark/rows";
import type { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import type { DatabaseLine } from "./database-line.ts";

export const tables: Readonly<Record<string, TableRules>> = {
  "public.items": { key: ["id"], text: "{{title}} {{body}}", metadata: ["visits"] },
};

/** What every row's document has to be, by key. */
export async function expectedDocuments(
  database: Pick<DatabaseUnderTest, "rows">,
): Promise<ReadonlyMap<string, { readonly sourceDigest: string }>> {
  const mapping = tableMappings(tables, { tenant: "*", permissions: { kind: "public" } }).get(
    "public.items",
  );
  if (!mapping) throw new Error("the table is mapped");
  const rows = await database.rows<{ id: string; title: string; body: string; visits: number }>(
    "select id::text as id, title, body, visits from items",
  );
  return new Map(
    rows.map((row) => {
      const outcome = mapRow(mapping, row);
      if (outcome.kind !== "document") throw new Error(`${row.id} is no document`);
      return [outcome.key, outcome.document] as const;
    }),
  );
}

/** Keys whose documents are not what their rows say, with how they differ. */
export async function differences(
  line: DatabaseLine,
  database: DatabaseUnderTest,
): Promise<readonly string[]> {
  return compareDocuments(await line.documents(), await expectedDocuments(database));
}

export function compareDocuments(
  documents: ReadonlyMap<string, { readonly sourceDigest: string | null }>,
  expected: ReadonlyMap<string, { readonly sourceDigest: string }>,
): readonly string[] {
  const missing = [...expected.keys()].filter((key) => !documents.has(key));
  const tooMany = [...documents.keys()].filter((key) => !expected.has(key));
  const stale = [...expected].flatMap(([key, { sourceDigest }]) => {
    const seen = documents.get(key);
    return seen && seen.sourceDigest !== sourceDigest ? [key] : [];
  });
  return [
    ...missing.map((key) => `missing ${key}`),
    ...tooMany.map((key) => `too many ${key}`),
    ...stale.map((key) => `stale ${key}`),
  ];
}
