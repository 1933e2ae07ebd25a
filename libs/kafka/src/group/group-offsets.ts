/**
 * What a group has acknowledged. The topic's id is written beside the offset: an offset of a topic
 * that was made anew since means nothing, and is as none.
 */
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import type { TopicState } from "../topics/topic-keeper.ts";

export interface GroupOffsetsRequest {
  /** As Kafka calls it. */
  readonly group: string;
  readonly state: TopicState;
  readonly partitions: readonly number[];
}

/** By partition; those of which nothing was acknowledged are absent. */
export async function readGroupOffsets(
  brokers: KafkaBrokers,
  { group, partitions, state }: GroupOffsetsRequest,
): Promise<ReadonlyMap<number, number>> {
  if (partitions.length === 0) return new Map();
  try {
    const coordinator = await brokers.coordinator(group);
    const { responses } = await coordinator.offsetFetch({
      groupId: group,
      topics: [{ topic: state.name, partitions: partitions.map((partition) => ({ partition })) }],
    });
    return new Map(
      responses.flatMap((topic) =>
        topic.partitions.flatMap(({ metadata, offset, partition }) =>
          Number(offset) >= 0 && isOf(state, metadata)
            ? [[partition, Number(offset)] as const]
            : [],
        ),
      ),
    );
  } catch (error) {
    // It moved, or is not there any more.
    brokers.forgetCoordinator(group);
    throw error;
  }
}

/** Kafka's own tools write nothing beside an offset, and mean the topic as it is. */
function isOf({ id }: TopicState, metadata: string | null): boolean {
  return metadata === null || metadata === "" || metadata === id;
}
