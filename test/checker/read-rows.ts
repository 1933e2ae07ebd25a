/**
 * The rows of a source's tables as documents, read by SQL: as much of a mapping as the tests use,
 * written once more, since what is checked cannot say what is right.
 */
import { sha256Hex } from "@tidemark/domain";
import type { PostgresSourceConfig } from "@tidemark/runtime";
import { Client } from "pg";
import type { ExpectedDocument, PushedPermissions } from "./pushed-document.ts";

type Rules = PostgresSourceConfig["tables"][string];
type Row = Readonly<Record<string, string | number | null>>;

const contentType = "text/plain";
const hashLength = 32;

export async function readRows(source: PostgresSourceConfig): Promise<ExpectedDocument[]> {
  const client = new Client({ connectionString: source.url.reveal() });
  await client.connect();
  try {
    const found: ExpectedDocument[] = [];
    for (const [table, rules] of Object.entries(source.tables)) {
      const quoted = table.split(".").map((part) => `"${part}"`);
      const { rows } = await client.query<Row>(`select * from ${quoted.join(".")}`);
      const live = rows.filter((row) => !rules.where || meets(rules.where, row));
      found.push(...live.map((row) => documentOf(source, { table, rules, row })));
    }
    return found;
  } finally {
    await client.end();
  }
}

function documentOf(
  source: PostgresSourceConfig,
  { row, rules, table }: { readonly table: string; readonly rules: Rules; readonly row: Row },
): ExpectedDocument {
  const [key = "", ...others] = rules.key;
  if (others.length > 0) throw new RangeError(`${table} has a key of several columns`);
  const content = rules.text.replaceAll(/\{\{ *([^ }]+) *\}\}/gu, (_, column: string) =>
    String(row[column] ?? ""),
  );
  const { tenant = { kind: "named", tenant: "*" } } = rules;
  return {
    source: source.name,
    key: `${table}/${row[key]}`,
    contentHash: sha256Hex(contentType, "text", content).slice(0, hashLength),
    metadata: Object.fromEntries(
      rules.metadata.flatMap((column) => (row[column] === null ? [] : [[column, row[column]]])),
    ) as ExpectedDocument["metadata"],
    permissions: permissionsOf(rules.permissions ?? source.permissions, row),
    tenant: tenant.kind === "named" ? tenant.tenant : String(row[tenant.column]),
    archived: rules.archived !== undefined && meets(rules.archived, row),
  };
}

function permissionsOf(
  rule: PostgresSourceConfig["permissions"],
  row: Row,
): PushedPermissions | "unknown" {
  if (rule.kind === "public" || rule.kind === "unknown") return rule.kind;
  if (rule.kind === "only") return rule.principals;
  const value = row[rule.column] ?? null;
  if (value === null) return "unknown";
  if (value === "public") return value;
  const text = String(value);
  return text.startsWith("[") ? (JSON.parse(text) as string[]) : [text];
}

function meets({ column, isNegated, values }: NonNullable<Rules["where"]>, row: Row) {
  return values.some((value) => value === row[column]) !== isNegated;
}
