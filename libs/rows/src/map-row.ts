/** A row and its table's mapping → the document it is, or why it is none. */
import {
  documentIdLengthMax,
  sha256Hex,
  type Metadata,
  type MutationBody,
  type Permissions,
} from "@tidemark/domain";
import { rowKey } from "./document-key.ts";
import { isList, isNested, textOfValue, unavailable, type KnownValue, type Row } from "./row.ts";
import { meetsCondition, type RowCondition } from "./row-condition.ts";
import { metadataOf } from "./row-metadata.ts";
import { permissionsOf, tenantOf } from "./row-policy.ts";
import { UnmappedRow, type RowProblem } from "./row-problem.ts";
import type { TableMapping } from "./table-mapping.ts";
import { partLengths, renderTemplate } from "./text-template.ts";

/** A row's document, as a mutation states it. */
export interface RowDocument {
  readonly body: MutationBody;
  readonly tenant: string;
  readonly permissions: Permissions;
  readonly archived: boolean;
  readonly metadata: Metadata;
  /** Equal for equal documents; it also says how long each column's part of the text is. */
  readonly sourceDigest: string;
}

export type RowOutcome =
  | { readonly kind: "document"; readonly key: string; readonly document: RowDocument }
  /** The row is there, and outside of `where`: a delete. */
  | { readonly kind: "absent"; readonly key: string; readonly reason: "where" }
  /** Columns that are needed were not sent along: the row is to be read, or they come from elsewhere. */
  | { readonly kind: "incomplete"; readonly key: string; readonly columns: readonly string[] }
  /** The key is null where not even that can be said. */
  | { readonly kind: "failed"; readonly key: string | null; readonly problem: RowProblem };

const contentType = "text/plain";
const hashLength = 32;
/** The longest source's name, its slash, and some room. */
const keyLengthMax = documentIdLengthMax - 66;

/**
 *   row                                     outcome
 *   a column of the key is missing, null    failed, without a key
 *   does not match `where`                  absent, whatever else is in it
 *   a mapped column was not sent along      incomplete
 *   a mapped column is missing or bad       failed
 *   else                                    document
 */
export function mapRow(mapping: TableMapping, row: Row): RowOutcome {
  let key: string | null = null;
  try {
    key = keyOfRow(mapping, row);
    const { where } = mapping;
    const isDecided = where !== null && valueOf(row, where.column) !== unavailable;
    if (isDecided && !meets(where, row)) return { kind: "absent", key, reason: "where" };
    const columns = mapping.columns.filter((column) => valueOf(row, column) === unavailable);
    if (columns.length > 0) return { kind: "incomplete", key, columns };
    return { kind: "document", key, document: documentOf(mapping, row) };
  } catch (error) {
    if (!(error instanceof UnmappedRow)) throw error;
    const { column, fix, message } = error;
    return {
      kind: "failed",
      key,
      problem: { table: mapping.table, column, reason: message, fix },
    };
  }
}

/**
 * The document's key of a row of which no more than the key may be known, as of one deleted.
 *
 * @throws UnmappedRow for a key that is not whole
 */
export function keyOfRow({ key, table }: TableMapping, row: Row): string {
  const texts = key.map((column) => {
    const value = valueOf(row, column);
    if (value === null || value === unavailable) {
      throw new UnmappedRow(column, "the row has no key", "name the columns of the primary key");
    }
    if (isList(value) || isNested(value)) {
      throw new UnmappedRow(column, "a list is no key", "name the columns of the primary key");
    }
    return textOfValue(value);
  });
  const joined = rowKey(table, texts);
  if (joined.length > keyLengthMax) {
    const fix = `choose a key of ${keyLengthMax} characters at most, its table included`;
    throw new UnmappedRow(key[0] ?? null, "the key is too long to be stored", fix);
  }
  return joined;
}

function documentOf(mapping: TableMapping, row: Row): RowDocument {
  const { archived, template, tenant, permissions } = mapping;
  const known = (column: string) => valueOf(row, column) as KnownValue;
  const parts = template.columns.map((column) => textOfValue(known(column)));
  const text = renderTemplate(template, parts);
  const facts = {
    tenant: tenant.kind === "named" ? tenant.tenant : tenantOf(tenant.column, known(tenant.column)),
    permissions:
      permissions.kind === "column"
        ? permissionsOf(permissions.column, known(permissions.column))
        : permissions,
    archived: archived !== null && meets(archived, row),
    metadata: Object.fromEntries(
      mapping.metadata.map((column) => [column, metadataOf(column, known(column))]),
    ),
  };
  const contentHash = sha256Hex(contentType, "text", text).slice(0, hashLength);
  const digest = sha256Hex(contentHash, JSON.stringify(facts)).slice(0, hashLength);
  return {
    ...facts,
    body: {
      content: { kind: "text", text },
      contentHash,
      contentType,
      fileName: null,
      sizeBytes: Buffer.byteLength(text),
    },
    sourceDigest: `${digest} ${partLengths(template, parts)}`,
  };
}

function meets(condition: RowCondition, row: Row): boolean {
  const value = valueOf(row, condition.column) as KnownValue;
  if (!isNested(value)) return meetsCondition(condition, value);
  throw new UnmappedRow(condition.column, "its value is nested", "compare a column of one value");
}

function valueOf(row: Row, column: string): Row[string] {
  if (Object.hasOwn(row, column)) return row[column] ?? null;
  const known = Object.keys(row).join(", ");
  throw new UnmappedRow(column, "the row has no such column", `it has ${known}`);
}
