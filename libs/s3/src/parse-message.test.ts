import * as fc from "fast-check";
import awsVersioned from "./fixtures/aws-versioned.json" with { type: "json" };
import testEvent from "./fixtures/moto-00-test-event.json" with { type: "json" };
import put from "./fixtures/moto-01-put.json" with { type: "json" };
import removed from "./fixtures/moto-02-delete.json" with { type: "json" };
import copied from "./fixtures/moto-03-copy.json" with { type: "json" };
import multipart from "./fixtures/moto-04-multipart.json" with { type: "json" };
import multiDelete from "./fixtures/moto-05-multi-delete.json" with { type: "json" };
import tagged from "./fixtures/moto-06-tagging.json" with { type: "json" };
import versioned from "./fixtures/moto-07-versioned-sequence.json" with { type: "json" };
import snsWrapped from "./fixtures/moto-08-sns-wrapped.json" with { type: "json" };
import bridgePut from "./fixtures/moto-09-eventbridge-put.json" with { type: "json" };
import bridgeDelete from "./fixtures/moto-10-eventbridge-delete.json" with { type: "json" };
import bridgeTags from "./fixtures/moto-11-eventbridge-tags-spurious.json" with { type: "json" };
import { parseMessage } from "./parse-message.ts";

const parse = (message: unknown, dialect: "aws" | "moto" | "floci" = "aws") =>
  parseMessage(JSON.stringify(message), dialect);
const told = (message: unknown) =>
  parse(message, "moto").events.map(({ expects, key }) => `${expects} ${key}`);

test("the event that says that events were configured asks for nothing", () => {
  expect(parse(testEvent)).toEqual({ events: [], skipped: ["test-event"], problems: [] });
});

test.each([
  ["a put", put[0], ["present docs/über guide+v1.txt"]],
  ["a put's tags", put[1], ["policy docs/über guide+v1.txt"]],
  ["a delete", removed, ["absent docs/über guide+v1.txt"]],
  ["a copy", copied, ["present c.txt"]],
  ["a multipart upload", multipart[2], ["present mp.bin"]],
  ["one of several deletes", multiDelete[0], ["absent a.txt"]],
  ["tags", tagged, ["policy t.txt"]],
  ["a version", versioned[1], ["present k.txt"]],
  ["what SNS wrapped", snsWrapped, ["present s.txt"]],
  ["EventBridge, a put", bridgePut, ["present e.txt"]],
  ["EventBridge, a delete", bridgeDelete, ["absent e.txt"]],
  ["EventBridge, tags", bridgeTags, ["policy e.txt"]],
])("%s is read from the recorded message", (_name, message, expected) => {
  expect(told(message)).toEqual(expected);
});

test("a message may hold many records, of every kind", () => {
  const { events, problems, skipped } = parse(awsVersioned);

  expect(events).toEqual([
    {
      bucket: "acme-uploads",
      key: "kb/a b+c%/潮.md",
      expects: "present",
      atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      sequencer: "0055AED6DCD90281E5",
    },
    expect.objectContaining({ key: "kb/gone.md", expects: "absent" }),
    expect.objectContaining({ key: "kb/expired.md", expects: "absent" }),
    expect.objectContaining({ key: "kb/thawed.md", expects: "present", sequencer: null }),
  ]);
  expect({ problems, skipped }).toEqual({ problems: [], skipped: ["irrelevant"] });
});

test("what SNS delivers raw is what S3 sent, and EventBridge may come through SNS", () => {
  const wrapped = { Type: "Notification", Message: JSON.stringify(bridgePut) };

  expect(told(JSON.parse(snsWrapped.Message))).toEqual(["present s.txt"]);
  expect(told(wrapped)).toEqual(["present e.txt"]);
});

test("keys of EventBridge are never decoded, those of records as the dialect spells them", () => {
  const inBridge = structuredClone(bridgePut);
  inBridge.detail.object.key = "a+b%20c.md";
  const inRecord = structuredClone(copied);
  inRecord.Records[0]!.s3.object.key = "a+b%20c.md";
  const keyOf = (message: unknown, dialect: "aws" | "floci") =>
    parse(message, dialect).events[0]?.key;

  expect(keyOf(inBridge, "aws")).toBe("a+b%20c.md");
  expect(keyOf(inRecord, "aws")).toBe("a b c.md");
  expect(keyOf(inRecord, "floci")).toBe("a+b%20c.md");
});

test("one bad record stands in nobody's way", () => {
  const message = structuredClone(awsVersioned);
  message.Records[1]!.s3.object.key = "100%";

  const { events, problems } = parse(message);

  expect(events).toHaveLength(3);
  expect(problems).toEqual(["s3.object.key is not encoded as aws does it"]);
});

test.each([
  ["no JSON", "the message is not JSON", "{"],
  ["a list", "the message is not an object", "[]"],
  ["another thing", "the message is no event of S3, SNS or EventBridge", '{"a":1}'],
  ["no record", "a record is not an object", '{"Records":[7]}'],
  ["no name", "eventName is missing", '{"Records":[{}]}'],
  ["no bucket", "s3.bucket.name is missing", '{"Records":[{"eventName":"ObjectCreated:Put"}]}'],
  [
    "no key",
    "s3.object.key is missing",
    '{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{}}}]}',
  ],
  [
    "an empty key",
    "the key is empty",
    '{"Records":[{"eventName":"x","s3":{"bucket":{"name":"b"},"object":{"key":""}}}]}',
  ],
  ["a later format", 'eventVersion "3.0" is not 2.x', '{"Records":[{"eventVersion":"3.0"}]}'],
  [
    "a subscription",
    "the SNS subscription of this queue waits to be confirmed",
    '{"Type":"SubscriptionConfirmation","Message":"…"}',
  ],
  [
    "another event of the bus",
    'detail-type "AWS API Call via CloudTrail" is no event of an object',
    '{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail"}',
  ],
])("%s is named as the problem", (_name, problem, body) => {
  expect(parseMessage(body, "aws")).toEqual({ events: [], skipped: [], problems: [problem] });
});

test("a message that wraps itself again and again is refused", () => {
  let message = "{}";
  for (let wraps = 0; wraps < 5; wraps += 1) {
    message = JSON.stringify({ Type: "Notification", Message: message });
  }

  expect(parseMessage(message, "aws").problems).toEqual(["the message is wrapped too often"]);
});

test("whatever a message holds, it is read or named", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
      const { events, problems, skipped } = parseMessage(body, "aws");
      expect(events.length + problems.length + skipped.length).toBeGreaterThanOrEqual(0);
    }),
  );
});
