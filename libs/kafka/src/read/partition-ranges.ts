/** Where partitions begin and end, told by those who lead them. */
import type { PartitionRange } from "@tidemark/pipeline";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import type { TopicState } from "../topics/topic-keeper.ts";

const earliest = -2;
const latest = -1;
/** Counts what is stored, also behind a transaction that is under way. */
const readUncommitted = 0;

export async function readRanges(
  brokers: KafkaBrokers,
  state: Pick<TopicState, "name" | "leaders">,
  partitions: readonly number[],
): Promise<readonly PartitionRange[]> {
  const byLeader = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = state.leaders[partition] ?? -1;
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
  }
  const ranges = await Promise.all(
    [...byLeader].map(async ([leader, led]) => {
      // The begin first: what retention takes in between makes a range too long, never one reversed.
      const begins = await offsetsAt(brokers, state, { leader, led, timestamp: earliest });
      const ends = await offsetsAt(brokers, state, { leader, led, timestamp: latest });
      return led.map((partition) => ({
        partition,
        begin: begins.get(partition) ?? 0,
        end: ends.get(partition) ?? 0,
      }));
    }),
  );
  return ranges.flat().sort((a, b) => a.partition - b.partition);
}

async function offsetsAt(
  brokers: KafkaBrokers,
  { name }: Pick<TopicState, "name">,
  asked: { readonly leader: number; readonly led: readonly number[]; readonly timestamp: number },
): Promise<ReadonlyMap<number, number>> {
  const { leader, led, timestamp } = asked;
  const broker = await brokers.node(leader);
  const { responses } = await broker.listOffsets({
    isolationLevel: readUncommitted,
    topics: [{ topic: name, partitions: led.map((partition) => ({ partition, timestamp })) }],
  });
  return new Map(
    responses.flatMap(({ partitions }) =>
      partitions.map(({ offset, partition }) => [partition, Number(offset)]),
    ),
  );
}
