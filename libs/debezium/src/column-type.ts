/**
 * What a column's JSON stands for. Schemas say it; JSON without them does not, so that the config may:
 * a decimal is then a base64 of its digits, and a date a count of days.
 */
import { isObject, numberAt, objectAt, textAt, type Json, type JsonObject } from "./parse-json.ts";

export type ColumnType =
  | { readonly kind: "plain" }
  | { readonly kind: "decimal"; readonly scale: number }
  /** A numeral, or a struct of digits and scale. */
  | { readonly kind: "numeric" }
  | { readonly kind: "days" }
  | { readonly kind: "time" | "timestamp"; readonly unitsPerSecond: number }
  /** An ISO 8601 text. */
  | { readonly kind: "iso"; readonly zoned: boolean }
  | { readonly kind: "duration" }
  | { readonly kind: "bytes" }
  | { readonly kind: "list"; readonly of: ColumnType };

export const plain: ColumnType = { kind: "plain" };
const milli = 1_000;
const micro = 1_000_000;
const nano = 1_000_000_000;

const named: Readonly<Record<string, ColumnType>> = {
  "io.debezium.data.VariableScaleDecimal": { kind: "numeric" },
  "io.debezium.time.Date": { kind: "days" },
  "org.apache.kafka.connect.data.Date": { kind: "days" },
  "io.debezium.time.Time": { kind: "time", unitsPerSecond: milli },
  "org.apache.kafka.connect.data.Time": { kind: "time", unitsPerSecond: milli },
  "io.debezium.time.MicroTime": { kind: "time", unitsPerSecond: micro },
  "io.debezium.time.NanoTime": { kind: "time", unitsPerSecond: nano },
  "io.debezium.time.Timestamp": { kind: "timestamp", unitsPerSecond: milli },
  "org.apache.kafka.connect.data.Timestamp": { kind: "timestamp", unitsPerSecond: milli },
  "io.debezium.time.MicroTimestamp": { kind: "timestamp", unitsPerSecond: micro },
  "io.debezium.time.NanoTimestamp": { kind: "timestamp", unitsPerSecond: nano },
  "io.debezium.time.ZonedTimestamp": { kind: "iso", zoned: true },
  "io.debezium.time.ZonedTime": { kind: "iso", zoned: true },
  "io.debezium.time.IsoTimestamp": { kind: "iso", zoned: false },
  "io.debezium.time.IsoDate": { kind: "iso", zoned: false },
  "io.debezium.time.IsoTime": { kind: "iso", zoned: false },
  "io.debezium.time.MicroDuration": { kind: "duration" },
  "io.debezium.time.Interval": { kind: "duration" },
};

/** By a field of a schema that travels with its record. */
export function typeOfSchema(field: JsonObject): ColumnType {
  const name = textAt(field, "name");
  if (name === "org.apache.kafka.connect.data.Decimal") {
    const scale = Number(textAt(objectAt(field, "parameters") ?? {}, "scale") ?? 0);
    return { kind: "decimal", scale };
  }
  const known = name === null ? undefined : named[name];
  if (known) return known;
  switch (textAt(field, "type") ?? "") {
    case "bytes":
      return { kind: "bytes" };
    case "array": {
      const items = objectAt(field, "items");
      return { kind: "list", of: items ? typeOfSchema(items) : plain };
    }
    default:
      return plain;
  }
}

/** The types of a struct's fields, by name. */
export function typesOfStruct(schema: JsonObject): ReadonlyMap<string, ColumnType> {
  const { fields } = schema;
  if (!Array.isArray(fields)) return new Map();
  return new Map(
    (fields as readonly Json[]).flatMap((field) => {
      const name = isObject(field) ? textAt(field, "field") : null;
      return isObject(field) && name !== null ? [[name, typeOfSchema(field)] as const] : [];
    }),
  );
}

/** By the type that Postgres has for it, such as `numeric(12,2)`; null for one that is not known. */
export function typeOfName(written: string): ColumnType | null {
  const match =
    /^(?<base>[a-z ]+?) *(?:\((?<first>\d+)(?: *, *(?<second>\d+))?\))?(?<list>\[\])?$/u.exec(
      written.trim().toLowerCase(),
    );
  const { base = "", first, list, second } = match?.groups ?? {};
  const type = baseType(base, first, second);
  return type && list ? { kind: "list", of: type } : type;
}

function baseType(base: string, first?: string, second?: string): ColumnType | null {
  // Connect counts in thousandths what has no finer digits.
  const unitsPerSecond = first !== undefined && Number(first) <= 3 ? milli : micro;
  switch (base) {
    case "numeric":
    case "decimal":
      return first === undefined
        ? { kind: "numeric" }
        : { kind: "decimal", scale: Number(second ?? 0) };
    case "date":
      return { kind: "days" };
    case "time":
    case "timestamp":
      return { kind: base, unitsPerSecond };
    case "timestamptz":
    case "timetz":
      return { kind: "iso", zoned: true };
    case "interval":
      return { kind: "duration" };
    case "bytea":
      return { kind: "bytes" };
    default:
      return null;
  }
}

export function scaleOf(struct: JsonObject): number | null {
  return Object.keys(struct).length === 2 ? numberAt(struct, "scale") : null;
}
