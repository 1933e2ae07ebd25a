/**
 * Sends batches so that each is stored once, however often it was sent. Brokers know a repetition by
 * the producer's id and a number that counts its records. A send whose fate is unknown in the end
 * uses the id up: the next batch under the same number would pass for that one, and be lost.
 */
import { TransientError, type Clock } from "@tidemark/pipeline";
import { askAgain } from "../brokers/ask-again.ts";
import type { PartitionMessages } from "../brokers/broker.ts";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import { isProducerLost, mayRetry } from "../brokers/kafka-errors.ts";
import type { TopicKeeper, TopicState } from "../topics/topic-keeper.ts";

export type Messages = PartitionMessages["messages"];

interface Session {
  readonly producerId: string;
  readonly producerEpoch: number;
  /** The number of the next record, by topic id and partition. */
  readonly next: Map<string, number>;
}

export interface ProducerOptions {
  readonly brokers: KafkaBrokers;
  readonly topics: TopicKeeper;
  readonly clock: Clock;
}

const attemptsMax = 5;
const firstPauseMs = 50;
/** After this long no further try is begun. */
const tryWithinMs = 12_000;
const everyReplica = -1;
const storeWithinMs = 10_000;
const unusedTimeoutMs = 60_000;
const numbers = 2 ** 31;

export class Producer {
  readonly #options: ProducerOptions;
  #session: Promise<Session> | null = null;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /**
   * One at a time for a topic. Answers the offset of each partition's first record.
   * @throws TransientError and errors of the client library
   */
  async send(
    topic: string,
    state: TopicState,
    batches: ReadonlyMap<number, Messages>,
  ): Promise<ReadonlyMap<number, number>> {
    const session = await this.#begun();
    const stored = new Map<number, number>();
    const beganAtMs = performance.now();
    try {
      for (let attempt = 1; ; attempt += 1) {
        const left = [...batches].filter(([partition]) => !stored.has(partition));
        const now = attempt === 1 ? state : await this.#lookAgain(topic, state);
        const error = await this.#try(session, now, new Map(left), stored);
        if (error === null) return stored;
        const isLast = attempt === attemptsMax || performance.now() - beganAtMs > tryWithinMs;
        if (isLast || !mayRetry(error) || isProducerLost(error)) throw error;
        await this.#options.clock.sleep(firstPauseMs * 3 ** (attempt - 1));
      }
    } catch (error) {
      this.renew();
      throw error;
    }
  }

  /** The next send begins under another id. */
  renew(): void {
    this.#session = null;
  }

  /** Null when everything was stored, else the first thing that went wrong. */
  async #try(
    session: Session,
    state: TopicState,
    batches: ReadonlyMap<number, Messages>,
    stored: Map<number, number>,
  ): Promise<unknown> {
    const byLeader = new Map<number, PartitionMessages[]>();
    for (const [partition, messages] of batches) {
      const leader = state.leaders[partition] ?? -1;
      const firstSequence = session.next.get(numberKey(state, partition)) ?? 0;
      const batch = { partition, firstSequence, messages };
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
    }
    const outcomes = await Promise.allSettled(
      [...byLeader].map(([leader, parts]) =>
        this.#produce({ session, state, leader, parts, stored }),
      ),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    return failed ? failed.reason : null;
  }

  async #produce(input: {
    readonly session: Session;
    readonly state: TopicState;
    readonly leader: number;
    readonly parts: readonly PartitionMessages[];
    readonly stored: Map<number, number>;
  }): Promise<void> {
    const { leader, parts, session, state, stored } = input;
    const { producerEpoch, producerId } = session;
    const broker = await this.#options.brokers.node(leader);
    const { topics } = await broker.produce({
      topicData: [{ topic: state.name, partitions: parts }],
      producerId,
      producerEpoch,
      acks: everyReplica,
      timeout: storeWithinMs,
    });
    const answered = new Map(
      topics.flatMap(({ partitions }) =>
        partitions.map(({ baseOffset, partition }) => [partition, Number(baseOffset)]),
      ),
    );
    for (const { firstSequence, messages, partition } of parts) {
      const offset = answered.get(partition);
      if (offset === undefined || offset < 0) {
        throw new TransientError(`Kafka said nothing of ${state.name} partition ${partition}`, {
          dependency: "log",
        });
      }
      session.next.set(numberKey(state, partition), (firstSequence + messages.length) % numbers);
      stored.set(partition, offset);
    }
  }

  /** Leaders move; but a topic that is another one now is not what the caller chose partitions of. */
  async #lookAgain(topic: string, before: TopicState): Promise<TopicState> {
    const { topics } = this.#options;
    topics.forget(topic);
    const state = await topics.ensure(topic);
    if (state.id === before.id) return state;
    throw new TransientError(`${before.name} was made anew while records were appended`, {
      dependency: "log",
    });
  }

  #begun(): Promise<Session> {
    const session = (this.#session ??= this.#begin());
    session.catch(() => {
      if (this.#session === session) this.#session = null;
    });
    return session;
  }

  #begin(): Promise<Session> {
    const { brokers, clock } = this.#options;
    return askAgain({
      doing: "beginning to append",
      clock,
      stale: () => undefined,
      ask: async () => {
        const broker = await brokers.controller();
        const { producerEpoch, producerId } = await broker.initProducerId({
          transactionTimeout: unusedTimeoutMs,
        });
        return { producerId, producerEpoch, next: new Map() };
      },
    });
  }
}

function numberKey({ id }: TopicState, partition: number): string {
  return `${id}/${partition}`;
}
