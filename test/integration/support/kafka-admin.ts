/** What an operator, time and other programs do to a Kafka. */
import { eventually } from "@tidemark/testing";
import { Kafka, logLevel, Partitioners, type Admin } from "kafkajs";
import type { KafkaServer } from "../../servers/kafka.ts";
import { isOfThisFile, type OpenedLog } from "./kafka-log.ts";

const topicResource = 2;
const quiet = { logLevel: logLevel.NOTHING, clientId: "tidemark-test-admin" };
const all = { from: 0, to: Number.MAX_SAFE_INTEGER, recordsMax: 1_000 };

export async function withAdmin<T>(
  { brokers }: Pick<KafkaServer, "brokers">,
  body: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ ...quiet, brokers: [...brokers] }).admin();
  await admin.connect();
  try {
    return await body(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Leaves nothing of this file's tests behind, on a Kafka that outlives them. */
export function tidyTopics(kafka: () => Pick<KafkaServer, "brokers">): void {
  afterAll(() =>
    withAdmin(kafka(), async (admin) => {
      const topics = (await admin.listTopics()).filter(isOfThisFile);
      if (topics.length > 0) await admin.deleteTopics({ topics });
    }),
  );
}

/** Forgets the records of a partition before an offset, as retention does. */
export function truncate(
  kafka: Pick<KafkaServer, "brokers">,
  topic: string,
  { before, partition }: { readonly before: number; readonly partition: number },
): Promise<void> {
  return withAdmin(kafka, async (admin) => {
    // An admin that has just begun does not know who leads the topic.
    await admin.fetchTopicOffsets(topic);
    const partitions = [{ partition, offset: String(before) }];
    await eventually(() => admin.deleteTopicRecords({ topic, partitions }));
  });
}

export function alterTopic(
  kafka: Pick<KafkaServer, "brokers">,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  return withAdmin(kafka, async (admin) => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: topicResource, name, configEntries }],
    });
  });
}

/**
 * Has Kafka compact a topic, and waits until it has. Only what is behind the newest segment is
 * compacted, so one that nobody reads is begun: by records of a transaction that is given up.
 */
export async function compactNow(
  kafka: Pick<KafkaServer, "brokers">,
  { log, prefix }: OpenedLog,
  topic: string,
): Promise<void> {
  const name = prefix + topic;
  await alterTopic(kafka, name, {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": "0",
    "min.cleanable.dirty.ratio": "0.001",
    "segment.ms": "1",
  });
  const { partitions } = await log.identity(topic);
  await abandonRecords(kafka, name, partitions);
  await eventually(
    async () => {
      for (let partition = 0; partition < partitions; partition += 1) {
        const records = await log.read(topic, partition, all);
        const keys = records.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
      }
    },
    { withinMs: 45_000, everyMs: 200 },
  );
}

/** Leaves records in each partition that no reader sees, and a marker that says so. */
async function abandonRecords(
  { brokers }: Pick<KafkaServer, "brokers">,
  topic: string,
  partitions: number,
): Promise<void> {
  const producer = new Kafka({ ...quiet, brokers: [...brokers] }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    await transaction.send({
      topic,
      messages: Array.from({ length: partitions }, (_, partition) => ({
        partition,
        key: "nobody's",
        value: "given up",
      })),
    });
    await transaction.abort();
  } finally {
    await producer.disconnect();
  }
}
