/** A table whose rows say of another source's documents that they changed: a key and what became of it. */
import { UnmappedRow, type Row } from "@tidemark/rows";

export interface HintTable {
  /** Whose documents are meant. */
  readonly source: string;
  readonly key: string;
  readonly action: string | null;
}

export interface TableHint {
  readonly key: string;
  readonly expects: "present" | "absent" | "unknown";
}

const removals = /^(?:d|del|delete[ds]?|remove[ds]?|purge[ds]?)$/iu;
const writes =
  /^(?:c|u|add(?:ed)?|create[ds]?|insert(?:ed|s)?|put|update[ds]?|upsert(?:ed|s)?|write|written)$/iu;

/** @throws UnmappedRow for a row without a key */
export function hintOf(table: HintTable, row: Row): TableHint {
  const key = row[table.key];
  if (key === undefined) {
    const fix = "name the column with the document's key in hints";
    throw new UnmappedRow(table.key, "the row has no such column", fix);
  }
  if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint") {
    const fix = "write the key as the folder or the bucket has it";
    throw new UnmappedRow(table.key, "the row names no key", fix);
  }
  const action = table.action === null ? null : row[table.action];
  const said = typeof action === "string" ? action : "";
  if (removals.test(said)) return { key: String(key), expects: "absent" };
  return { key: String(key), expects: writes.test(said) ? "present" : "unknown" };
}
