/** A record's key, value and headers → what it says. Envelopes come with their schema, or without. */
import type { Row } from "@tidemark/rows";
import { typesOfStruct, type ColumnType } from "./column-type.ts";
import type { DebeziumEvent, RowEvent, SnapshotPart, SourcePlace } from "./debezium-event.ts";
import { decodeRow } from "./decode-value.ts";
import {
  isObject,
  numberAt,
  objectAt,
  parseJson,
  textAt,
  type Json,
  type JsonObject,
} from "./parse-json.ts";

export interface EncodedRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DecodeEventOptions {
  readonly placeholder: string;
  /** By table: what JSON without schemas does not say of its columns. */
  readonly types: ReadonlyMap<string, ReadonlyMap<string, ColumnType>>;
}

const operations = { c: "create", u: "update", d: "delete", r: "read" } as const;
const oldKeyHeader = "__debezium.oldkey";
const noTypes: ReadonlyMap<string, ColumnType> = new Map();

interface Unwrapped {
  readonly payload: Json;
  readonly schema: JsonObject | null;
}

export function decodeEvent(record: EncodedRecord, options: DecodeEventOptions): DebeziumEvent {
  if (record.value === null) return { kind: "tombstone" };
  try {
    const value = unwrap(parseJson(record.value));
    if (!isObject(value.payload)) return unreadable("its value is no JSON object");
    return eventOf(record, { ...value, payload: value.payload }, options);
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable(`it is not JSON (${error.message})`);
    throw error;
  }
}

function eventOf(
  record: EncodedRecord,
  { payload, schema }: { readonly payload: JsonObject; readonly schema: JsonObject | null },
  options: DecodeEventOptions,
): DebeziumEvent {
  const operation = textAt(payload, "op");
  const source = objectAt(payload, "source");
  if (operation === null) return withoutOperation(payload);
  if (!source) return unreadable("it has an op and no source");
  const place = placeOf(payload, source);
  if (operation === "m") {
    const message = objectAt(payload, "message");
    return { kind: "message", prefix: textAt(message ?? {}, "prefix") ?? "", ...place };
  }
  const table = `${textAt(source, "schema") ?? ""}.${textAt(source, "table") ?? ""}`;
  if (operation === "t") return { kind: "truncate", table, ...place };
  const known = operations[operation as keyof typeof operations];
  if (!known) return unreadable(`its op ${JSON.stringify(operation)} is not known`);
  const { placeholder } = options;
  const types = options.types.get(table) ?? noTypes;
  const written = typesWith(types, schema && fieldOf(schema, "after"));
  const after = objectAt(payload, "after");
  const isDelete = known === "delete";
  if (!isDelete && !after) return unreadable(`its op is ${operation} and it has no after`);
  const snapshot = snapshotOf(known, source);
  const isWhole = snapshot === "full" || snapshot === "last";
  const event: RowEvent = {
    kind: "row",
    operation: known,
    table,
    snapshot,
    snapshotId: isWhole ? `${place.lsn ?? ""}/${numberAt(source, "txId") ?? ""}` : null,
    key: keyOf(record.key, { placeholder, types }),
    after: !isDelete && after ? decodeRow(after, { placeholder, types: written }) : null,
    oldKey: keyOf(record.headers[oldKeyHeader] ?? null, { placeholder, types }),
    ...place,
  };
  return event;
}

/** What is no change of a row has topics of its own, or shares one with them. */
function withoutOperation(payload: JsonObject): DebeziumEvent {
  const status = textAt(payload, "status");
  if (status !== null && "id" in payload) return { kind: "transaction", status };
  const names = Object.keys(payload);
  if (names.length === 1 && "ts_ms" in payload) {
    return { kind: "heartbeat", atMs: numberAt(payload, "ts_ms") ?? 0 };
  }
  const notice = ["ddl", "tableChanges", "aggregateType"].find((name) => name in payload);
  if (notice !== undefined) return { kind: "notice", about: notice };
  return unreadable(
    `it is not Debezium's envelope, as it has no op but ${names.slice(0, 8).join(", ")}: take transforms that unwrap the envelope or route an outbox off this topic`,
  );
}

/** `{schema, payload}` with schemas, the payload alone without. */
function unwrap(value: Json): Unwrapped {
  if (isObject(value) && "payload" in value && isObject(value["schema"])) {
    return { payload: value["payload"] ?? null, schema: value["schema"] };
  }
  return { payload: value, schema: null };
}

function placeOf(payload: JsonObject, source: JsonObject): SourcePlace {
  const sequence = sequenceOf(textAt(source, "sequence"));
  const lsn = numberAt(source, "lsn");
  return {
    lsn,
    commitLsn: sequence,
    sourceTimeMs: numberAt(source, "ts_ms"),
    handledAtMs: numberAt(payload, "ts_ms"),
  };
}

/** `["26938624","26954344"]`: the last commit, and the change. */
function sequenceOf(text: string | null): number | null {
  const [commit] = /\d+(?=",)/u.exec(text ?? "") ?? [];
  return commit === undefined ? null : Number(commit);
}

function snapshotOf(operation: RowEvent["operation"], source: JsonObject): SnapshotPart {
  const said = textAt(source, "snapshot") ?? (source["snapshot"] === true ? "true" : "false");
  if (operation !== "read" || said === "false") return "none";
  if (said === "incremental") return said;
  return said === "last" ? "last" : "full";
}

function keyOf(
  text: string | null,
  options: {
    readonly placeholder: string;
    readonly types: ReadonlyMap<string, ColumnType>;
  },
): Row | null {
  if (text === null || text === "") return null;
  const { payload, schema } = unwrap(parseJson(text));
  if (!isObject(payload)) return null;
  const { placeholder, types } = options;
  return decodeRow(payload, { placeholder, types: typesWith(types, schema) });
}

/** What the record says of its columns goes before what the config says. */
function typesWith(
  types: ReadonlyMap<string, ColumnType>,
  struct: JsonObject | null,
): ReadonlyMap<string, ColumnType> {
  if (!struct) return types;
  const told = [...typesOfStruct(struct)].filter(
    ([column, type]) => type.kind !== "plain" || !types.has(column),
  );
  return new Map([...types, ...told]);
}

function fieldOf(schema: JsonObject, name: string): JsonObject | null {
  const { fields } = schema;
  if (!Array.isArray(fields)) return null;
  const found = (fields as readonly Json[]).find(
    (field) => isObject(field) && textAt(field, "field") === name,
  );
  return isObject(found) ? found : null;
}

function unreadable(problem: string): DebeziumEvent {
  return { kind: "unreadable", problem };
}
