/** What a change of a row says of documents. */
import { keyOfRow, mapRow, textsOfKey, unavailable, UnmappedRow } from "@tidemark/rows";
import type { Row, RowOutcome, RowValue, TableMapping } from "@tidemark/rows";
import type { ReplicationEvent, Tuple } from "./replication-event.ts";
import { rowValue, type ColumnTypes } from "./row-values.ts";

export type ChangeOutcome =
  /** The change carried everything that decides. */
  | { readonly kind: "stated"; readonly key: string; readonly outcome: RowOutcome }
  /** It did not: nothing of it but the key is used, and the row is read. */
  | { readonly kind: "reread"; readonly key: string; readonly texts: readonly string[] }
  | { readonly kind: "gone"; readonly key: string }
  /** The row can be no document, whatever else is in it. */
  | { readonly kind: "unkeyed"; readonly outcome: Extract<RowOutcome, { kind: "failed" }> }
  /** Nobody can tell which row it was. */
  | { readonly kind: "lost"; readonly column: string };

export type RowChange = Extract<ReplicationEvent, { kind: "change" }>;

/**
 *   the relation, the row                          outcome
 *   has no column of the key                       lost
 *   key before, and another or none after          the one before is gone; and as below
 *   a mapped column is not there, or its TOAST     reread
 *   else                                           as it is mapped
 */
export function changeOutcomes(
  mapping: TableMapping,
  types: ColumnTypes,
  change: RowChange,
): readonly ChangeOutcome[] {
  const { after, before } = change;
  const known = new Set(change.relation.columns.map(({ name }) => name));
  const isWhole = mapping.columns.every((column) => known.has(column));
  const unknownKey = mapping.key.find((column) => !known.has(column));
  if (unknownKey !== undefined) return [{ kind: "lost", column: unknownKey }];
  const outcomes: ChangeOutcome[] = [];
  const rowAfter = after && rowOf(mapping, types, change, after);
  const keyAfter = rowAfter && keyOrNull(mapping, rowAfter);
  if (before) {
    const rowBefore = rowOf(mapping, types, change, before);
    const key = keyOrNull(mapping, rowBefore);
    if (key === null && !after) {
      // A key that is carried and can be nobody's never had a document.
      const isCarried = mapping.key.every((column) => isKnown(rowBefore[column]));
      return isCarried ? [] : [{ kind: "lost", column: mapping.key.join(", ") }];
    }
    if (key !== null && key !== keyAfter) outcomes.push({ kind: "gone", key });
  }
  if (!rowAfter) return outcomes;
  const outcome = isWhole ? mapRow(mapping, rowAfter) : null;
  if (outcome?.kind === "failed" && outcome.key === null) {
    return [...outcomes, { kind: "unkeyed", outcome }];
  }
  const key = outcome?.key ?? keyAfter ?? null;
  const texts = key === null ? null : textsOfKey(key, mapping.key.length);
  if (key === null || texts === null)
    return [...outcomes, { kind: "lost", column: mapping.key.join(", ") }];
  const isStated = outcome !== null && outcome.kind !== "incomplete";
  return [
    ...outcomes,
    isStated ? { kind: "stated", key, outcome } : { kind: "reread", key, texts },
  ];
}

function isKnown(value: RowValue | undefined): boolean {
  return value !== undefined && value !== null && value !== unavailable;
}

function rowOf(
  mapping: TableMapping,
  types: ColumnTypes,
  { relation }: RowChange,
  tuple: Tuple,
): Row {
  const row: Record<string, RowValue> = {};
  for (const { name, typeOid } of relation.columns) {
    if (!mapping.columns.includes(name)) continue;
    const text = tuple[name];
    row[name] = text === undefined ? unavailable : rowValue(types, typeOid, text);
  }
  return row;
}

/** A tuple of the identity alone has null in the columns that it does not carry. */
function keyOrNull(mapping: TableMapping, row: Row): string | null {
  try {
    return keyOfRow(mapping, row);
  } catch (error) {
    if (error instanceof UnmappedRow) return null;
    throw error;
  }
}
