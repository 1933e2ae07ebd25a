/**
 * One member of a consumer group on Kafka, polled. Membership is no fence: a member that slept may
 * give records, and work on them, that somebody else has by now. What it acknowledges then is refused.
 */
import {
  TransientError,
  type Clock,
  type LogConsumer,
  type LogRecord,
  type PipelineLogger,
  type PollOptions,
} from "@tidemark/pipeline";
import { Bell } from "../bell.ts";
import { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import { withKafka } from "../brokers/kafka-errors.ts";
import type { KafkaConnectionOptions } from "../brokers/connection-options.ts";
import type { TopicKeeper } from "../topics/topic-keeper.ts";
import { GroupMember } from "./group-member.ts";
import { readGroupOffsets } from "./group-offsets.ts";
import { HeldPartitions, type HeldPartition } from "./held-partitions.ts";
import { PartitionFetcher } from "./partition-fetcher.ts";

export interface KafkaLogConsumerOptions {
  readonly connection: KafkaConnectionOptions;
  readonly shared: KafkaBrokers;
  readonly topics: TopicKeeper;
  readonly topic: string;
  /** As Kafka calls it. */
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly bufferBytesMax: number;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
}

/** A new cluster takes a while until it keeps groups; after that the opener is told of the trouble. */
const joinWithinMs = 15_000;
const leaveWithinMs = 2_000;

export class KafkaLogConsumer implements LogConsumer {
  readonly #options: KafkaLogConsumerOptions;
  readonly #brokers: KafkaBrokers;
  readonly #held = new HeldPartitions();
  readonly #bell = new Bell();
  readonly #member: GroupMember;
  readonly #fetcher: PartitionFetcher;
  readonly #stop = new AbortController();
  readonly #troubles = new Map<"group" | "records", Error>();
  #running: readonly Promise<void>[] = [];
  /** Between generations nobody knows who holds what. */
  #isSettled = false;
  #fatal: Error | null = null;
  /** The terms that whoever polls knows of: it is given records of these, and acknowledges these. */
  #told: ReadonlyMap<number, number> = new Map();
  /** Terms that an empty answer was given for, so that whoever polls may ask what it holds. */
  #announced: ReadonlyMap<number, number> | null = null;
  #acknowledging: Promise<void> = Promise.resolve();

  private constructor(options: KafkaLogConsumerOptions) {
    const { connection, group, topic, topics } = options;
    this.#options = options;
    this.#brokers = new KafkaBrokers(connection);
    this.#member = new GroupMember({
      ...options,
      brokers: this.#brokers,
      events: {
        joined: (membership) => {
          this.#held.joined(membership);
          this.#isSettled = true;
          this.#well("group");
          this.#bell.ring();
        },
        unsettled: () => {
          this.#isSettled = false;
        },
        failed: (error) => this.#failed("group", error),
        well: () => this.#well("group"),
      },
    });
    this.#fetcher = new PartitionFetcher({
      ...options,
      brokers: this.#brokers,
      held: this.#held,
      bell: this.#bell,
      topic,
      topics,
      group,
      events: {
        looked: (partitions) => this.#member.counted(partitions),
        failed: (error) => this.#failed("records", error),
        well: () => this.#well("records"),
      },
    });
  }

  /** Resolves when it is known which partitions it holds. @throws TransientError where it cannot join */
  static async join(options: KafkaLogConsumerOptions): Promise<KafkaLogConsumer> {
    const consumer = new KafkaLogConsumer(options);
    try {
      await withKafka(`opening ${options.topic}`, () => options.topics.ensure(options.topic));
      await consumer.#start();
      return consumer;
    } catch (error) {
      await consumer[Symbol.asyncDispose]();
      throw error;
    }
  }

  async poll(options: PollOptions): Promise<readonly LogRecord[]> {
    this.#told = this.#announced ?? this.#told;
    this.#announced = null;
    const endsAtMs = performance.now() + options.waitMs;
    for (;;) {
      if (this.#fatal) throw this.#fatal;
      if (this.#stop.signal.aborted) throw new Error(`${this.#options.topic}: consumer is closed`);
      if (options.signal?.aborted) return [];
      if (this.#isSettled && !isSame(this.#told, this.#held.terms)) {
        this.#announced = this.#held.terms;
        return [];
      }
      const records = this.#isSettled ? this.#take(options) : [];
      if (records.length > 0) return records;
      const [trouble] = this.#troubles.values();
      if (trouble) throw trouble;
      const leftMs = endsAtMs - performance.now();
      if (leftMs <= 0) return [];
      await this.#bell.wait(leftMs, options.signal);
      if (this.#stop.signal.aborted) return [];
    }
  }

  /** Where it cannot be known any more for whom it was meant, it is not done, and comes again. */
  acknowledge(partition: number, offset: number): Promise<void> {
    return this.#move(partition, offset, (held) => offset > (held.acknowledged ?? -1));
  }

  async acknowledged(): Promise<ReadonlyMap<number, number>> {
    const { group, shared, topic, topics } = this.#options;
    return withKafka(`asking for the offsets of ${group}`, async () => {
      const state = await topics.ensure(topic);
      const partitions = [...this.#told].flatMap(([partition, term]) =>
        this.#held.terms.get(partition) === term ? [partition] : [],
      );
      const offsets = await readGroupOffsets(shared, { group, state, partitions });
      return new Map(partitions.map((partition) => [partition, offsets.get(partition) ?? 0]));
    });
  }

  held(): ReadonlyMap<number, number> {
    this.#told = this.#held.terms;
    this.#announced = null;
    return this.#told;
  }

  rewind(partition: number, offset: number): Promise<void> {
    return this.#move(
      partition,
      offset,
      () => true,
      (held) => {
        this.#held.rewind(held, offset);
        this.#bell.ring();
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#bell.ring();
    await this.#within(leaveWithinMs, this.#leave());
    this.#brokers[Symbol.dispose]();
    // What they may still ask over shared connections is of no consequence any more.
    await this.#within(leaveWithinMs, Promise.allSettled(this.#running));
  }

  async #start(): Promise<void> {
    const { signal } = this.#stop;
    this.#running = [this.#member.run(signal), this.#fetcher.run(signal)];
    const deadlineMs = performance.now() + joinWithinMs;
    while (!this.#isSettled) {
      if (this.#fatal) throw this.#fatal;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) {
        const { group } = this.#options;
        throw this.#troubles.get("group") ?? unsettled(group);
      }
      await this.#bell.wait(leftMs);
    }
    this.#told = this.#held.terms;
  }

  #take(options: PollOptions): readonly LogRecord[] {
    for (const { place } of this.#held.all) if (place.kind === "lost") throw place.error;
    const records = this.#held.take(options);
    // There is room for more.
    if (records.length > 0) this.#bell.ring();
    return records;
  }

  /** One after the other: what is not to go back must know what is there. */
  #move(
    partition: number,
    offset: number,
    isDue: (held: HeldPartition) => boolean,
    moved: (held: HeldPartition) => void = () => {},
  ): Promise<void> {
    const term = this.#told.get(partition);
    const moving = this.#acknowledging.then(() =>
      this.#moveNow({ partition, offset, term, isDue, moved }),
    );
    this.#acknowledging = moving.catch(() => {});
    return moving;
  }

  async #moveNow(input: {
    readonly partition: number;
    readonly offset: number;
    readonly term: number | undefined;
    readonly isDue: (held: HeldPartition) => boolean;
    readonly moved: (held: HeldPartition) => void;
  }): Promise<void> {
    const { isDue, moved, offset, partition, term } = input;
    const { group, sessionTimeoutMs } = this.#options;
    const deadlineMs = performance.now() + 2 * sessionTimeoutMs;
    for (;;) {
      const leftMs = deadlineMs - performance.now();
      if (this.#fatal) throw this.#fatal;
      if (this.#stop.signal.aborted) return;
      if (leftMs <= 0) throw this.#troubles.get("group") ?? unsettled(group);
      const { topicId } = this.#held;
      const held = this.#isSettled ? this.#held.get(partition) : undefined;
      if (this.#isSettled && (!held || held.term !== term)) return;
      if (!held || topicId === null) {
        await this.#bell.wait(leftMs, this.#stop.signal);
        continue;
      }
      if (held.acknowledged === null) {
        held.acknowledged = await this.#ask(held);
        // It may be somebody else's by now.
        continue;
      }
      if (!isDue(held)) return;
      const outcome = await this.#member.commit({ partition, offset, topicId });
      if (outcome === "unsettled") continue;
      held.acknowledged = offset;
      if (this.#held.isCurrent(held)) moved(held);
      return;
    }
  }

  async #ask({ partition }: HeldPartition): Promise<number> {
    const { group, shared, topic, topics } = this.#options;
    return withKafka(`asking for the offsets of ${group}`, async () => {
      const state = await topics.ensure(topic);
      const offsets = await readGroupOffsets(shared, { group, state, partitions: [partition] });
      return offsets.get(partition) ?? 0;
    });
  }

  /** Over connections that do not wait for the group to be complete. */
  async #leave(): Promise<void> {
    const { group, logger, shared } = this.#options;
    const { memberId } = this.#member;
    if (memberId === "") return;
    try {
      const coordinator = await shared.coordinator(group);
      await coordinator.leaveGroup({ groupId: group, memberId });
    } catch (error) {
      // Given up by the group already, or out of reach: it will be, when its session ends.
      logger.debug({ group, error }, "consumer group was not left");
    }
  }

  async #within(waitMs: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, this.#options.clock.sleep(waitMs, done.signal)]);
    done.abort();
  }

  #failed(where: "group" | "records", error: Error): void {
    if (error instanceof TransientError) this.#troubles.set(where, error);
    else this.#fatal ??= error;
    this.#bell.ring();
  }

  #well(where: "group" | "records"): void {
    this.#troubles.delete(where);
  }
}

function isSame(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  return a.size === b.size && [...a].every(([partition, term]) => b.get(partition) === term);
}

function unsettled(group: string): TransientError {
  return new TransientError(`the consumer group ${group} has not settled`, { dependency: "log" });
}
