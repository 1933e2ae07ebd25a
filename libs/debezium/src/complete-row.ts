/**
 * A change that leaves out what it did not change, completed from the document as it was before it:
 * its text says how long each column's part is. What only the database still knows stays unavailable.
 */
import type { Metadata } from "@tidemark/domain";
import {
  recoverParts,
  unavailable,
  type Row,
  type RowValue,
  type TableMapping,
} from "@tidemark/rows";

/** The document's newest state on the log. */
export interface StateBefore {
  readonly text: string;
  readonly sourceDigest: string;
  readonly metadata: Metadata;
}

export function completeRow(row: Row, mapping: TableMapping, before: StateBefore): Row {
  const lengths = before.sourceDigest.slice(before.sourceDigest.indexOf(" ") + 1);
  const parts = recoverParts(mapping.template, lengths, before.text);
  const known = (column: string): RowValue => {
    if (!mayRecover(mapping, column)) return unavailable;
    const kept = before.metadata[column];
    // Null and a list are told by metadata alone; a text by its own digits.
    if (kept === null || Array.isArray(kept)) return kept;
    return parts?.get(column) ?? kept ?? unavailable;
  };
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      value === unavailable ? known(column) : value,
    ]),
  );
}

/** What decides who reads a document, and whether there is one, is never guessed. */
function mayRecover({ archived, permissions, tenant, where }: TableMapping, column: string) {
  const deciding = [archived, where, ...[permissions, tenant].filter(isOfColumn)];
  return !deciding.some((rule) => rule?.column === column);
}

function isOfColumn<T extends { readonly kind: string }>(
  rule: T,
): rule is Extract<T, { readonly kind: "column" }> {
  return rule.kind === "column";
}
