/**
 * A column's text, as Postgres writes it, to a value that has lost nothing: integers past 2^53 and
 * numerals of any precision never become doubles, and timestamps keep their microseconds.
 */
import { Decimal, type RowValue } from "@tidemark/rows";
import { parse as parseArray } from "postgres-array";

/** What is known of a type, as `pg_type` has it. */
export interface ColumnType {
  /** Of an array its elements' type, else 0. */
  readonly element: number;
  /** Of a domain what it restricts, else 0. */
  readonly base: number;
}

export type ColumnTypes = ReadonlyMap<number, ColumnType>;

const oids = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
} as const;

/** Of a connection whose DateStyle is ISO and whose TimeZone is UTC. */
export function rowValue(types: ColumnTypes, oid: number, text: string | null): RowValue {
  if (text === null) return null;
  const type = types.get(oid);
  if (type && type.base !== 0) return rowValue(types, type.base, text);
  if (type && type.element !== 0) {
    return listOf(
      types,
      type.element,
      parseArray(text, (item) => item as string | null),
    );
  }
  switch (oid) {
    case oids.bool:
      return text === "t" || text === "true";
    case oids.int8:
    case oids.oid:
      return BigInt(text);
    case oids.int2:
    case oids.int4:
      return Number(text);
    case oids.float4:
    case oids.float8:
      return /^[+-]?(?:NaN|Infinity)$/u.test(text) ? text : Number(text);
    case oids.numeric:
      return new Decimal(text);
    case oids.timestamp:
      return text.replace(" ", "T");
    case oids.timestamptz:
      return text.replace(" ", "T").replace(/\+00$/u, "Z");
    default:
      return text;
  }
}

type Nested = string | null | readonly Nested[];

/** Elements may be lists themselves, as deep as the array has dimensions. */
function listOf(types: ColumnTypes, element: number, items: readonly Nested[]): RowValue[] {
  return items.map((item) =>
    typeof item === "string" || item === null
      ? rowValue(types, element, item)
      : listOf(types, element, item),
  );
}
