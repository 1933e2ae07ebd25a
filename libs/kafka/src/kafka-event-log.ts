/**
 * The event log on Kafka. Nothing here rests on transactions or on who is a member of a group: at
 * least once and in order within a key is all that is promised, as by every log.
 */
import type { DocumentId } from "@tidemark/domain";
import type {
  Appended,
  Clock,
  DocumentHistory,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  PartitionRange,
} from "@tidemark/pipeline";
import { Appender } from "./append/appender.ts";
import { partitionOf } from "./append/partition-of.ts";
import { askAgain } from "./brokers/ask-again.ts";
import type { KafkaConnectionOptions } from "./brokers/connection-options.ts";
import { KafkaBrokers } from "./brokers/kafka-brokers.ts";
import { withKafka } from "./brokers/kafka-errors.ts";
import { readGroupOffsets } from "./group/group-offsets.ts";
import { KafkaLogConsumer } from "./group/kafka-log-consumer.ts";
import { recordsOfDocument } from "./read/document-records.ts";
import { readRanges } from "./read/partition-ranges.ts";
import { PartitionReader } from "./read/partition-reader.ts";
import { TopicKeeper, type TopicState } from "./topics/topic-keeper.ts";
import type { TopicOptions } from "./topics/topic-settings.ts";

export interface KafkaEventLogOptions extends KafkaConnectionOptions {
  /** Before the names of topics and of groups. */
  readonly prefix: string;
  /** How topics are made. */
  readonly topics: TopicOptions;
  readonly clock: Clock;
  /** How long a member may be silent before its partitions are given to others. */
  readonly sessionTimeoutMs?: number;
  /** Of what one consumer has fetched and nobody has polled yet. */
  readonly bufferBytesMax?: number;
}

const sessionTimeoutMsDefault = 10_000;
const bufferBytesMaxDefault = 16 << 20;

export class KafkaEventLog implements EventLog, DocumentHistory {
  readonly #options: KafkaEventLogOptions;
  readonly #brokers: KafkaBrokers;
  readonly #topics: TopicKeeper;
  readonly #appender: Appender;
  readonly #reader: PartitionReader;

  private constructor(options: KafkaEventLogOptions) {
    const { clock, logger, prefix, topics } = options;
    this.#options = options;
    this.#brokers = new KafkaBrokers(options);
    this.#topics = new TopicKeeper({ ...topics, brokers: this.#brokers, prefix, clock, logger });
    const parts = { brokers: this.#brokers, topics: this.#topics, clock };
    this.#appender = new Appender(parts);
    this.#reader = new PartitionReader(parts);
  }

  /** @throws TransientError where nobody answers, KafkaRefusedError where we are not let in */
  static async connect(options: KafkaEventLogOptions): Promise<KafkaEventLog> {
    const log = new KafkaEventLog(options);
    try {
      await withKafka("connecting", () => log.#brokers.metadata([]));
      return log;
    } catch (error) {
      await log[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** When it resolves, every replica that is in sync has the records, `durable` or not. */
  append(topic: string, records: readonly NewRecord[]): Promise<readonly Appended[]> {
    return this.#appender.append(topic, records);
  }

  consumer(topic: string, group: string): Promise<LogConsumer> {
    const { bufferBytesMax, clock, logger, sessionTimeoutMs } = this.#options;
    return KafkaLogConsumer.join({
      connection: this.#options,
      shared: this.#brokers,
      topics: this.#topics,
      topic,
      group: this.#groupName(group),
      sessionTimeoutMs: sessionTimeoutMs ?? sessionTimeoutMsDefault,
      bufferBytesMax: bufferBytesMax ?? bufferBytesMaxDefault,
      clock,
      logger,
    });
  }

  acknowledged(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    return this.#ask(topic, "asking for offsets of", async (state) => {
      const offsets = await this.#offsets(state, group);
      return new Map(partitionsOf(state).map((at) => [at, offsets.get(at) ?? 0]));
    });
  }

  ranges(topic: string): Promise<readonly PartitionRange[]> {
    return this.#ask(topic, "asking for the ranges of", (state) =>
      readRanges(this.#brokers, state, partitionsOf(state)),
    );
  }

  read(
    topic: string,
    partition: number,
    range: { readonly from: number; readonly to: number; readonly recordsMax: number },
  ): Promise<readonly LogRecord[]> {
    return this.#reader.read(topic, partition, range);
  }

  /** Asked of Kafka each time: whoever asks wants to know what is new. */
  async identity(topic: string): Promise<{ readonly id: string; readonly partitions: number }> {
    const { id, partitions } = await this.#topics.ensure(topic, 0);
    return { id, partitions };
  }

  lag(topic: string, group: string): Promise<number> {
    return this.#ask(topic, "asking for the lag of", async (state) => {
      const offsets = await this.#offsets(state, group);
      const ranges = await readRanges(this.#brokers, state, partitionsOf(state));
      return ranges.reduce(
        (sum, { begin, end, partition }) =>
          sum + Math.max(0, end - Math.max(begin, offsets.get(partition) ?? 0)),
        0,
      );
    });
  }

  /** Those of its facets are among them. Looks at a bounded number of the partition's last records. */
  async recordsOf(
    topic: string,
    id: DocumentId,
    recordsMax: number,
  ): Promise<readonly LogRecord[]> {
    const range = await this.#ask(topic, "asking for the ranges of", async (state) => {
      const partition = partitionOf(id, state.partitions);
      const [only] = await readRanges(this.#brokers, state, [partition]);
      return only ?? { partition, begin: 0, end: 0 };
    });
    return recordsOfDocument(this.#reader, { topic, id, range, recordsMax });
  }

  /** Whoever still consumes it is told that it is not there; whoever appends to it makes it anew. */
  async dropTopic(topic: string): Promise<void> {
    await this.#topics.drop(topic);
    this.#appender.renew();
  }

  /** What is under way is not waited for; consumers are their openers' to close, before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#brokers[Symbol.dispose]();
  }

  #groupName(group: string): string {
    return this.#options.prefix + group;
  }

  #offsets(state: TopicState, group: string): Promise<ReadonlyMap<number, number>> {
    return readGroupOffsets(this.#brokers, {
      group: this.#groupName(group),
      state,
      partitions: partitionsOf(state),
    });
  }

  #ask<T>(topic: string, doing: string, ask: (state: TopicState) => Promise<T>): Promise<T> {
    return askAgain({
      doing: `${doing} ${this.#topics.nameOf(topic)}`,
      clock: this.#options.clock,
      stale: () => this.#topics.forget(topic),
      ask: async () => ask(await this.#topics.ensure(topic)),
    });
  }
}

function partitionsOf({ partitions }: TopicState): readonly number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}
