import { topicPolicy } from "@tidemark/pipeline";
import {
  checkSettings,
  partitionsOf,
  recordBytesMax,
  topicSettings,
  TopicSettingsError,
} from "./topic-settings.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const options = { partitions: 12, replication: 3 };

test.each([
  [
    "mutations",
    {
      "cleanup.policy": "compact",
      "min.compaction.lag.ms": `${dayMs}`,
      "max.compaction.lag.ms": `${7 * dayMs}`,
    },
  ],
  [
    "control",
    {
      "cleanup.policy": "compact",
      "min.compaction.lag.ms": `${hourMs}`,
      "max.compaction.lag.ms": `${7 * dayMs}`,
    },
  ],
  [
    "measures",
    {
      "cleanup.policy": "compact",
      "min.compaction.lag.ms": `${hourMs}`,
      "max.compaction.lag.ms": `${7 * dayMs}`,
    },
  ],
  [
    "deadletters",
    {
      "cleanup.policy": "compact,delete",
      "min.compaction.lag.ms": `${hourMs}`,
      "max.compaction.lag.ms": `${7 * dayMs}`,
      "retention.ms": `${28 * dayMs}`,
      "segment.ms": `${4 * dayMs}`,
    },
  ],
  [
    "hints",
    { "cleanup.policy": "delete", "retention.ms": `${7 * dayMs}`, "segment.ms": `${dayMs}` },
  ],
  ["states", { "cleanup.policy": "delete", "retention.ms": `${hourMs}`, "segment.ms": "600000" }],
  [
    "chunks.g1",
    { "cleanup.policy": "delete", "retention.ms": `${7 * dayMs}`, "segment.ms": `${dayMs}` },
  ],
])("%s is kept as its policy says", (topic, settings) => {
  expect(topicSettings(topicPolicy(topic), options)).toEqual({
    ...settings,
    "max.message.bytes": `${recordBytesMax}`,
    "min.insync.replicas": "2",
  });
});

test("one that is kept for ever is kept for ever", () => {
  const policy = { name: "x", compact: false, compactAfterMs: 0, retainMs: null };

  expect(topicSettings(policy, options)["retention.ms"]).toBe("-1");
});

test.each([
  [1, "1"],
  [2, "1"],
  [3, "2"],
  [5, "2"],
])("of %d copies %s must have a record before it is acknowledged", (replication, least) => {
  const settings = topicSettings(topicPolicy("hints"), { partitions: 1, replication });

  expect(settings["min.insync.replicas"]).toBe(least);
});

test("what is in total order has one partition", () => {
  expect(partitionsOf(topicPolicy("control"), options)).toBe(1);
  expect(partitionsOf(topicPolicy("mutations"), options)).toBe(12);
});

test.each([
  ["mutations", "delete"],
  ["mutations", "compact,delete"],
  ["control", "delete, compact"],
])(
  "%s that Kafka would delete from (%s) is refused, and the error says the fix",
  (topic, policy) => {
    const check = () =>
      checkSettings(topic, `tidemark.${topic}`, new Map([["cleanup.policy", policy]]));

    expect(check).toThrow(TopicSettingsError);
    expect(check).toThrow(`--entity-name tidemark.${topic} --add-config cleanup.policy=compact`);
  },
);

test.each([
  ["mutations", "compact"],
  ["hints", "delete"],
  ["deadletters", "compact,delete"],
])("%s with %s is taken as it is", (topic, policy) => {
  checkSettings(topic, topic, new Map([["cleanup.policy", policy]]));
});
