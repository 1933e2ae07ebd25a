/**
 * A row as a source hands it over. Nothing of it has been through a double that a double cannot hold:
 *
 *   column                      value
 *   text, enum, uuid, json      text, as the database writes it
 *   boolean                     boolean
 *   smallint, integer, float    number; NaN and infinities as text
 *   bigint                      bigint
 *   numeric                     Decimal
 *   timestamptz, timestamp      "2026-01-02T03:04:05.678901Z", the latter without Z; "infinity"
 *   date, time                  "2026-01-02", "03:04:05.5"
 *   interval                    ISO 8601, "P1DT2H"
 *   bytea                       "\x0a0b"
 *   an array                    a list
 *   TOAST, not in the change    `unavailable`
 */
import { Decimal } from "./decimal.ts";

/** The value exists, did not change, and was not sent along. */
export const unavailable: unique symbol = Symbol("unavailable");

export type RowValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Decimal
  | typeof unavailable
  | readonly RowValue[]
  | { readonly [name: string]: RowValue };

export type Row = Readonly<Record<string, RowValue>>;

/** What a value is made of, told apart once. */
export type KnownValue = Exclude<RowValue, typeof unavailable>;

export function isList(value: RowValue): value is readonly RowValue[] {
  return Array.isArray(value);
}

export function isNested(value: RowValue): value is { readonly [name: string]: RowValue } {
  return (
    typeof value === "object" && value !== null && !isList(value) && !(value instanceof Decimal)
  );
}

/** The value as a person would write it: what a template and a key say. */
export function textOfValue(value: KnownValue): string {
  if (value === null) return "";
  if (isList(value)) return value.map((item) => textOfValue(item as KnownValue)).join(", ");
  return isNested(value) ? JSON.stringify(value, lossless) : String(value);
}

function lossless(_: string, value: unknown): unknown {
  return typeof value === "bigint" || value instanceof Decimal ? String(value) : value;
}
