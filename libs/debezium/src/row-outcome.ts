/** What becomes of an event of a row: through its table's mapping, or by nothing but its key. */
import {
  keyOfRow,
  mapRow,
  unavailable,
  UnmappedRow,
  type Row,
  type RowOutcome,
  type TableMapping,
} from "@tidemark/rows";
import type { RowEvent } from "./debezium-event.ts";

export type EventOutcome =
  | RowOutcome
  | { readonly kind: "deleted"; readonly key: string }
  /** A table that the source does not take, such as an outbox or Debezium's signals. */
  | { readonly kind: "unmapped"; readonly table: string };

/**
 *   operation                outcome
 *   delete                   deleted, by the record's key alone: `before` holds made-up values
 *   create, update, read     as the row maps
 */
export function outcomeOf(
  event: RowEvent,
  mappings: ReadonlyMap<string, TableMapping>,
): EventOutcome {
  const { after, table } = event;
  const mapping = mappings.get(table);
  if (!mapping) return { kind: "unmapped", table };
  return after ? mapRow(mapping, withKey(after, event.key)) : deletedOf(mapping, event.key);
}

function deletedOf(mapping: TableMapping, key: Row | null): EventOutcome {
  try {
    return { kind: "deleted", key: keyOfRow(mapping, key ?? {}) };
  } catch (error) {
    if (!(error instanceof UnmappedRow)) throw error;
    const columns = Object.keys(key ?? {});
    return {
      kind: "failed",
      key: null,
      problem: {
        table: mapping.table,
        column: error.column,
        reason: `the record's key has ${columns.length === 0 ? "no columns" : columns.join(", ")}`,
        fix: "take the columns of the topic's key, or set message.key.columns at the connector",
      },
    };
  }
}

/** A long key may be stored apart like any other text; the record's key has it. */
function withKey(row: Row, key: Row | null): Row {
  if (!key) return row;
  const missing = Object.entries(key).filter(([column]) => row[column] === unavailable);
  return missing.length === 0 ? row : { ...row, ...Object.fromEntries(missing) };
}
