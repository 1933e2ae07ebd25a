/** One record of a notification, or one event of EventBridge → an event of an object. Total. */
import { decodeEventKey, type Dialect } from "./dialect.ts";
import { expectationOf, expectationOfDetail, type ObjectEvent } from "./object-event.ts";

export type ParsedRecord =
  | { readonly kind: "event"; readonly event: ObjectEvent }
  /** Nothing that is read changes by it. */
  | { readonly kind: "irrelevant"; readonly name: string }
  | { readonly kind: "problem"; readonly problem: string };

export type Fields = Readonly<Record<string, unknown>>;

/** Readers of the format are to look at its major version alone. */
const majorVersion = "2";
const nameLengthMax = 64;

export function parseRecord(record: unknown, dialect: Dialect): ParsedRecord {
  if (!isFields(record)) return problem("a record is not an object");
  const { eventName, eventTime, eventVersion, s3 } = record;
  const version = typeof eventVersion === "string" ? eventVersion : majorVersion;
  if (version.split(".", 1)[0] !== majorVersion) {
    return problem(`eventVersion ${quoted(version)} is not ${majorVersion}.x`);
  }
  if (typeof eventName !== "string") return problem("eventName is missing");
  const [bucket, object] = isFields(s3) ? [s3["bucket"], s3["object"]] : [];
  if (!isFields(bucket) || typeof bucket["name"] !== "string") {
    return problem("s3.bucket.name is missing");
  }
  if (!isFields(object) || typeof object["key"] !== "string") {
    return problem("s3.object.key is missing");
  }
  const expects = expectationOf(eventName);
  if (expects === null) return { kind: "irrelevant", name: eventName.slice(0, nameLengthMax) };
  const key = decodeEventKey(object["key"], dialect);
  if (key === null) return problem(`s3.object.key is not encoded as ${dialect} does it`);
  return eventOf({ bucket: bucket["name"], key, expects, time: eventTime, object });
}

/** Its keys are never encoded. */
export function parseDetail(event: Fields): ParsedRecord {
  const { detail, time } = event;
  const detailType = event["detail-type"];
  if (typeof detailType !== "string" || !detailType.startsWith("Object ")) {
    return problem(`detail-type ${quoted(String(detailType))} is no event of an object`);
  }
  const [bucket, object] = isFields(detail) ? [detail["bucket"], detail["object"]] : [];
  if (!isFields(bucket) || typeof bucket["name"] !== "string") {
    return problem("detail.bucket.name is missing");
  }
  if (!isFields(object) || typeof object["key"] !== "string") {
    return problem("detail.object.key is missing");
  }
  const expects = expectationOfDetail(detailType);
  if (expects === null) return { kind: "irrelevant", name: detailType };
  return eventOf({ bucket: bucket["name"], key: object["key"], expects, time, object });
}

function eventOf(input: {
  readonly bucket: string;
  readonly key: string;
  readonly expects: ObjectEvent["expects"];
  readonly time: unknown;
  readonly object: Fields;
}): ParsedRecord {
  const { bucket, expects, key, object, time } = input;
  if (key === "") return problem("the key is empty");
  if (!key.isWellFormed()) return problem("the key is no text");
  const atMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  const { sequencer } = object;
  return {
    kind: "event",
    event: {
      bucket,
      key,
      expects,
      atMs: Number.isNaN(atMs) ? null : atMs,
      sequencer: typeof sequencer === "string" && isHex.test(sequencer) ? sequencer : null,
    },
  };
}

const isHex = /^[0-9a-f]{1,64}$/iu;

function problem(text: string): ParsedRecord {
  return { kind: "problem", problem: text };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, nameLengthMax));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
