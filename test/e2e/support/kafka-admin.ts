/** What an operator, or an accident, does to the topics and groups of a deployment. */
import { eventually } from "@tidemark/testing";
import { withAdmin } from "../../integration/support/kafka-admin.ts";
import type { KafkaServer } from "../../servers/kafka.ts";

const untilNobodyRuns = { withinMs: 60_000, everyMs: 500 };

type Brokers = Pick<KafkaServer, "brokers">;

export async function deleteTopic(kafka: Brokers, topic: string): Promise<void> {
  await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
}

export async function growTopic(
  kafka: Brokers,
  { partitions, topic }: { readonly topic: string; readonly partitions: number },
): Promise<void> {
  await withAdmin(kafka, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] }),
  );
}

/** As if all that a topic holds had been there for longer than it is kept. */
export async function forgetRecords(kafka: Brokers, topic: string): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const partitions = ends.map(({ high, partition }) => ({ partition, offset: high }));
    await eventually(() => admin.deleteTopicRecords({ topic, partitions }));
  });
}

/** How many records were ever written to it. */
export async function writtenTo(kafka: Brokers, topic: string): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    return ends.reduce((sum, { high }) => sum + Number(high), 0);
  });
}

/** As if no group of the deployment had ever read anything. None of them may be running. */
export async function forgetGroups(kafka: Brokers, prefix: string): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const { groups } = await admin.listGroups();
    const own = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
    await admin.deleteGroups(own);
  });
}

/**
 * As if every group of the deployment had read everything. None of them may be running; members that
 * were killed are waited for, until their sessions have ended.
 */
export async function skipToEnds(kafka: Brokers, prefix: string): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const { groups } = await admin.listGroups();
    for (const { groupId } of groups.filter((group) => group.groupId.startsWith(prefix))) {
      for (const { topic } of await admin.fetchOffsets({ groupId })) {
        const ends = await admin.fetchTopicOffsets(topic);
        const partitions = ends.map(({ high, partition }) => ({ partition, offset: high }));
        const skip = () => admin.setOffsets({ groupId, topic, partitions });
        await eventually(skip, untilNobodyRuns);
      }
    }
  });
}
