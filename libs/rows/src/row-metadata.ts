/** Columns that searches filter by: numbers where a double holds them, and texts where not. */
import type { Scalar } from "@tidemark/domain";
import { Decimal } from "./decimal.ts";
import { isList, isNested, type KnownValue } from "./row.ts";
import { UnmappedRow } from "./row-problem.ts";

const itemsMax = 256;
const textLengthMax = 4096;

/** @throws UnmappedRow for a value that metadata cannot hold */
export function metadataOf(column: string, value: KnownValue): Scalar | Scalar[] {
  if (!isList(value)) return scalarOf(column, value);
  if (value.length > itemsMax) {
    throw new UnmappedRow(column, `a list has more than ${itemsMax} items`, leaveOut);
  }
  return value.map((item) => scalarOf(column, item as KnownValue));
}

const leaveOut = "take the column out of metadata";

function scalarOf(column: string, value: KnownValue): Scalar {
  if (value instanceof Decimal) return value.exact;
  if (isList(value) || isNested(value)) {
    throw new UnmappedRow(column, "its value is nested", leaveOut);
  }
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string" && value.length > textLengthMax) {
    throw new UnmappedRow(column, `it has more than ${textLengthMax} characters`, leaveOut);
  }
  return value;
}
