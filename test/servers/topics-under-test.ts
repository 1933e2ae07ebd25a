/** Topics that others write, on a Kafka of the tests, under names of their own. */
import { randomUUID } from "node:crypto";
import { Kafka, logLevel, Partitioners, type Admin, type Producer } from "kafkajs";
// Quietens the client library, whose timers Node warns of.
import "../../libs/kafka/src/brokers/request-queue.ts";
import { eventually } from "@tidemark/testing";
import type { KafkaServer } from "./kafka.ts";

const slow = { withinMs: 60_000, everyMs: 100 };

export interface ForeignMessage {
  readonly topic: string;
  readonly partition?: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs?: number;
}

export class TopicsUnderTest implements AsyncDisposable {
  readonly prefix = `f-${randomUUID().slice(0, 8)}.`;
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #made = new Set<string>();

  private constructor(kafka: Kafka) {
    this.#admin = kafka.admin();
    this.#producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  }

  static async open({ brokers }: Pick<KafkaServer, "brokers">): Promise<TopicsUnderTest> {
    const quiet = { logLevel: logLevel.NOTHING, clientId: "tidemark-test-topics" };
    const topics = new TopicsUnderTest(new Kafka({ ...quiet, brokers: [...brokers] }));
    await topics.#admin.connect();
    await topics.#producer.connect();
    return topics;
  }

  nameOf(topic: string): string {
    return this.prefix + topic;
  }

  async make(topic: string, partitions = 3): Promise<string> {
    const name = this.nameOf(topic);
    this.#made.add(name);
    const isMade = await this.#admin.createTopics({
      topics: [
        {
          topic: name,
          numPartitions: partitions,
          replicationFactor: 1,
          // What was recorded long ago is not taken for old.
          configEntries: [{ name: "retention.ms", value: "-1" }],
        },
      ],
      waitForLeaders: false,
    });
    if (!isMade) throw new Error(`${name} is there already`);
    // Brokers learn of it one after the other.
    await eventually(async () => {
      const offsets = await this.#admin.fetchTopicOffsets(name);
      return offsets.length === partitions;
    }, slow);
    return name;
  }

  async remove(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [this.nameOf(topic)] });
  }

  /** In their order. */
  async write(messages: readonly ForeignMessage[]): Promise<void> {
    for (const { headers = {}, key, partition = 0, timestampMs, topic, value } of messages) {
      const timestamp = timestampMs === undefined ? {} : { timestamp: String(timestampMs) };
      const message = { key, value, partition, headers: { ...headers }, ...timestamp };
      await this.#producer.send({ topic: this.nameOf(topic), messages: [message] });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const there = new Set(await this.#admin.listTopics());
    const topics = [...this.#made].filter((topic) => there.has(topic));
    if (topics.length > 0) await this.#admin.deleteTopics({ topics });
    await this.#producer.disconnect();
    await this.#admin.disconnect();
  }
}
