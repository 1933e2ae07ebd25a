/** What an operator, or an accident, can do to topics and groups behind Tidemark's back. */
import { Kafka, logLevel, type Admin } from "kafkajs";

export async function withKafkaAdmin<T>(
  brokers: readonly string[],
  act: (admin: Admin) => Promise<T>,
): Promise<T> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
}

export function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  return withKafkaAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
}

export async function growTopic(
  brokers: readonly string[],
  { partitions, topic }: { readonly topic: string; readonly partitions: number },
): Promise<void> {
  await withKafkaAdmin(brokers, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] }),
  );
}

/** All groups of a deployment, as if none of them had ever read anything; none may be running. */
export async function forgetGroups(brokers: readonly string[], prefix: string): Promise<void> {
  await withKafkaAdmin(brokers, async (admin) => {
    const { groups } = await admin.listGroups();
    const own = groups.filter(({ groupId }) => groupId.startsWith(prefix));
    await admin.deleteGroups(own.map(({ groupId }) => groupId));
  });
}

/** All groups of a deployment, as if they had read everything; none may be running. */
export async function skipAll(brokers: readonly string[], prefix: string): Promise<void> {
  await withKafkaAdmin(brokers, async (admin) => {
    const { groups } = await admin.listGroups();
    for (const { groupId } of groups.filter((group) => group.groupId.startsWith(prefix))) {
      for (const { topic } of await admin.fetchOffsets({ groupId })) {
        await admin.resetOffsets({ groupId, topic, earliest: false });
      }
    }
  });
}
