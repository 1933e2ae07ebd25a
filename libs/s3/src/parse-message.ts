/**
 * A message of the queue → events of objects. Total: what cannot be read is named and stands in
 * nobody's way.
 *
 *   message                                       read as
 *   { "Event": "s3:TestEvent" }                   nothing: S3 says that it was configured
 *   { "Type": "Notification", "Message": "…" }    what SNS wrapped, once
 *   { "source": "aws.s3", "detail-type": … }      an event of EventBridge
 *   { "Records": […] }                            a notification of S3, or what SNS delivers raw
 *   any other                                     a problem
 */
import type { Dialect } from "./dialect.ts";
import { isFields, parseDetail, parseRecord, type ParsedRecord } from "./event-record.ts";
import type { ObjectEvent } from "./object-event.ts";

export interface ParsedMessage {
  readonly events: readonly ObjectEvent[];
  /** Why records need nothing done. */
  readonly skipped: readonly string[];
  /** What of it nobody can read. */
  readonly problems: readonly string[];
}

const wrapsMax = 2;

export function parseMessage(body: string, dialect: Dialect): ParsedMessage {
  return parseWrapped(body, dialect, 0);
}

function parseWrapped(body: string, dialect: Dialect, wraps: number): ParsedMessage {
  const message = parseJson(body);
  if (message === undefined) return problem("the message is not JSON");
  if (!isFields(message)) return problem("the message is not an object");
  if (message["Event"] === "s3:TestEvent") return { ...nothing, skipped: ["test-event"] };
  if (message["Type"] === "Notification" && typeof message["Message"] === "string") {
    return wraps < wrapsMax
      ? parseWrapped(message["Message"], dialect, wraps + 1)
      : problem("the message is wrapped too often");
  }
  if (message["Type"] === "SubscriptionConfirmation") {
    return problem("the SNS subscription of this queue waits to be confirmed");
  }
  if (message["source"] === "aws.s3") return collected([parseDetail(message)]);
  const records = message["Records"];
  return Array.isArray(records)
    ? collected(records.map((record) => parseRecord(record, dialect)))
    : problem("the message is no event of S3, SNS or EventBridge");
}

const nothing: ParsedMessage = { events: [], skipped: [], problems: [] };

function problem(text: string): ParsedMessage {
  return { ...nothing, problems: [text] };
}

function collected(records: readonly ParsedRecord[]): ParsedMessage {
  return {
    events: records.flatMap((record) => (record.kind === "event" ? record.event : [])),
    skipped: records.flatMap(({ kind }) => (kind === "irrelevant" ? kind : [])),
    problems: records.flatMap((record) => (record.kind === "problem" ? record.problem : [])),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
