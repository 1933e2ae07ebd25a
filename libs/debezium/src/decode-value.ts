/** A column's JSON → the value that a row has, without loss. */
import { Decimal, unavailable, type Row, type RowValue } from "@tidemark/rows";
import { plain, scaleOf, type ColumnType } from "./column-type.ts";
import { isObject, textAt, type Json, type JsonObject } from "./parse-json.ts";
import {
  dateOfDays,
  durationOfMicros,
  durationOfText,
  timeOfMicros,
  timeOfText,
  timestampOfMicros,
} from "./times.ts";

/** What stands for a value that was stored apart and did not change. */
export const placeholderDefault = "__debezium_unavailable_value";

export interface DecodeOptions {
  readonly types: ReadonlyMap<string, ColumnType>;
  readonly placeholder: string;
}

export function decodeRow(row: JsonObject, { placeholder, types }: DecodeOptions): Row {
  const marks = placeholdersOf(placeholder);
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const type = types.get(column) ?? plain;
      return [column, isMissing(value, marks) ? unavailable : decodeValue(value, type)];
    }),
  );
}

/** Binary columns, and those of lists, have it in their own form. */
function placeholdersOf(placeholder: string): ReadonlySet<string> {
  return new Set([placeholder, Buffer.from(placeholder).toString("base64")]);
}

function isMissing(value: Json, marks: ReadonlySet<string>): boolean {
  if (typeof value === "string") return marks.has(value);
  const [only] = Array.isArray(value) && value.length === 1 ? (value as readonly Json[]) : [];
  return typeof only === "string" && marks.has(only);
}

export function decodeValue(value: Json, type: ColumnType): RowValue {
  if (value === null) return null;
  switch (type.kind) {
    case "plain":
      return plainValue(value);
    case "decimal":
      return typeof value === "string" ? decimalOf(value, type.scale) : plainValue(value);
    case "numeric":
      return typeof value === "string" ? new Decimal(specialOf(value)) : plainValue(value);
    case "days":
      return isCount(value) ? dateOfDays(Number(value)) : isoOf(value, false);
    case "time":
      return isCount(value) ? timeOfMicros(microsOf(value, type)) : isoOf(value, false);
    case "timestamp":
      return isCount(value) ? timestampOfMicros(microsOf(value, type)) : isoOf(value, false);
    case "iso":
      return isoOf(value, type.zoned);
    case "duration":
      if (isCount(value)) return durationOfMicros(BigInt(value));
      return typeof value === "string" ? durationOfText(value) : plainValue(value);
    case "bytes":
      return typeof value === "string"
        ? `\\x${Buffer.from(value, "base64").toString("hex")}`
        : plainValue(value);
    case "list":
      return Array.isArray(value)
        ? (value as readonly Json[]).map((item) => decodeValue(item, type.of))
        : plainValue(value);
  }
}

/** A struct of digits and scale is told by its form. */
function plainValue(value: Json): RowValue {
  if (Array.isArray(value)) return (value as readonly Json[]).map(plainValue);
  if (!isObject(value)) return value;
  const scale = scaleOf(value);
  const digits = textAt(value, "value");
  if (scale !== null && digits !== null) return new Decimal(decimalText(digits, scale));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plainValue(item)]));
}

/** With all its decimals it is a numeral already: what is in base64 has no point. */
function decimalOf(text: string, scale: number): Decimal {
  const isNumeral = /^-?\d+\.\d+$/u.test(text) || /^-?(?:nan|inf)/iu.test(text);
  return new Decimal(isNumeral ? specialOf(text) : decimalText(text, scale));
}

const specials: Readonly<Record<string, string>> = {
  NAN: "NaN",
  POSITIVE_INFINITY: "Infinity",
  NEGATIVE_INFINITY: "-Infinity",
};

function specialOf(text: string): string {
  return specials[text.toUpperCase()] ?? text;
}

/** Digits are a whole number in two's complement, its highest byte first. */
function decimalText(base64: string, scale: number): string {
  const bytes = Buffer.from(base64, "base64");
  const unsigned = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`);
  const isNegative = bytes.length > 0 && ((bytes[0] ?? 0) & 0x80) !== 0;
  const unscaled = isNegative ? unsigned - (1n << BigInt(bytes.length * 8)) : unsigned;
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const at = digits.length - scale;
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, at)}.${digits.slice(at)}`;
}

function isCount(value: Json): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function microsOf(value: number | bigint, { unitsPerSecond }: { unitsPerSecond: number }): bigint {
  return (BigInt(value) * 1_000_000n) / BigInt(unitsPerSecond);
}

function isoOf(value: Json, zoned: boolean): RowValue {
  return typeof value === "string" ? timeOfText(value, { zoned }) : plainValue(value);
}
