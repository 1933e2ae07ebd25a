/**
 * Fetches what a member holds, ahead of whoever polls and within a bound in bytes: one request to
 * each leader at a time, each waiting a little for records to come.
 */
import {
  backoffMs,
  beganAnew,
  topicPolicy,
  TransientError,
  type Clock,
  type PipelineLogger,
} from "@tidemark/pipeline";
import type { Bell } from "../bell.ts";
import { brokerError, errorCodes } from "../brokers/broker-error.ts";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import { pipelineError } from "../brokers/kafka-errors.ts";
import { fetchRecords, type FetchedRecords } from "../read/fetch-records.ts";
import { readRanges } from "../read/partition-ranges.ts";
import type { TopicKeeper, TopicState } from "../topics/topic-keeper.ts";
import { readGroupOffsets } from "./group-offsets.ts";
import type { HeldPartition, HeldPartitions, Place } from "./held-partitions.ts";
import { placeOf } from "./place-of.ts";

export interface PartitionFetcherEvents {
  /** How many partitions the topic has: more than were assigned, perhaps. */
  looked(partitions: number): void;
  /** It goes on when the error is a TransientError, and has ended otherwise. */
  failed(error: Error): void;
  well(): void;
}

export interface PartitionFetcherOptions {
  /** The consumer's own: a request that waits delays nobody else. */
  readonly brokers: KafkaBrokers;
  /** For questions that are answered at once. */
  readonly shared: KafkaBrokers;
  readonly topics: TopicKeeper;
  readonly topic: string;
  readonly group: string;
  readonly held: HeldPartitions;
  readonly bell: Bell;
  readonly bufferBytesMax: number;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly events: PartitionFetcherEvents;
}

type Proved = Extract<Place, { kind: "proved" }>;

interface Asked {
  readonly held: HeldPartition;
  readonly place: Proved;
}

const fetchWaitMs = 250;
const fetchBytesMax = 8 << 20;
const partitionBytesMax = 1 << 20;
const lookAgainMs = 1_000;
const backoff = { firstMs: 100, mostMs: 2_000 };
const chanceFixed = 0.5;
/** After a change of leaders a log may end earlier for a moment than it did. */
const beyondEndMs = 10_000;

export class PartitionFetcher {
  readonly #options: PartitionFetcherOptions;
  /** By leader. */
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #beyondSinceMs = new WeakMap<HeldPartition, number>();
  #reservedBytes = 0;
  #failures = 0;

  constructor(options: PartitionFetcherOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { bell, clock, events } = this.#options;
    while (!signal.aborted) {
      try {
        const state = await this.#look();
        await this.#prove(state);
        this.#fetchAll(state, signal);
        await bell.wait(lookAgainMs, signal);
      } catch (error) {
        if (signal.aborted) break;
        const known = this.#failed(error);
        events.failed(known);
        if (!(known instanceof TransientError)) return;
        await clock.sleep(this.#pauseMs(), signal);
      }
    }
    await Promise.allSettled(this.#underWay.values());
  }

  async #look(): Promise<TopicState> {
    const { events, held, logger, topic, topics } = this.#options;
    const state = await topics.find(topic);
    if (!state) {
      throw new TransientError(`${topics.nameOf(topic)} is not there`, { dependency: "log" });
    }
    if (held.topicId !== null && held.topicId !== state.id) {
      logger.warn({ topic: state.name }, beganAnew.topic);
      held.renew();
    }
    held.topicId = state.id;
    events.looked(state.partitions);
    return state;
  }

  /** Asks where the group is with what is newly held, and whether the log still has it. */
  async #prove(state: TopicState): Promise<void> {
    const { group, held, shared } = this.#options;
    const open = held.all
      .filter(({ place }) => place.kind === "unknown" || place.kind === "unproved")
      .filter(({ partition }) => partition < state.partitions)
      .map((one) => ({ held: one, place: one.place }));
    if (open.length === 0) return;
    const partitions = open.map((one) => one.held.partition);
    const acknowledged = await readGroupOffsets(shared, { group, state, partitions });
    const ranges = await readRanges(shared, state, partitions);
    for (const { held: one, place } of open) {
      const range = ranges.find(({ partition }) => partition === one.partition);
      if (!range || !held.isCurrent(one) || one.place !== place) continue;
      const known = acknowledged.get(one.partition) ?? null;
      one.acknowledged ??= known ?? 0;
      const offset = place.kind === "unproved" ? place.offset : known;
      const compacted = topicPolicy(this.#options.topic).compact;
      const proved = placeOf({ topic: this.#options.topic, compacted, range, offset });
      if (proved.kind === "lost" && offset !== null && offset > range.end) {
        this.#mayComeBack(one, range.end);
      }
      one.place = proved;
    }
    this.#options.bell.ring();
  }

  /** @throws TransientError until it has not come back for long enough */
  #mayComeBack(one: HeldPartition, end: number): void {
    const { clock, topic } = this.#options;
    const sinceMs = this.#beyondSinceMs.get(one) ?? clock.nowMs();
    this.#beyondSinceMs.set(one, sinceMs);
    if (clock.nowMs() - sinceMs > beyondEndMs) return;
    throw new TransientError(`${topic} partition ${one.partition} ends at ${end}, too early`, {
      dependency: "log",
    });
  }

  #fetchAll(state: TopicState, signal: AbortSignal): void {
    const { bell, bufferBytesMax, held } = this.#options;
    const share = Math.max(partitionBytesMax, bufferBytesMax / Math.max(1, held.all.length));
    const byLeader = new Map<number, Asked[]>();
    for (const one of held.all) {
      const leader = state.leaders[one.partition] ?? -1;
      if (one.place.kind !== "proved" || one.buffer.bytes >= share) continue;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), { held: one, place: one.place }]);
    }
    for (const [leader, asked] of byLeader) {
      if (this.#underWay.has(leader)) continue;
      const room = bufferBytesMax - held.bytes - this.#reservedBytes;
      if (room <= 0) return;
      const bytesMax = Math.min(room, fetchBytesMax);
      this.#reservedBytes += bytesMax;
      const fetching = this.#fetch({ state, leader, asked, bytesMax, signal }).finally(() => {
        this.#underWay.delete(leader);
        this.#reservedBytes -= bytesMax;
        bell.ring();
      });
      this.#underWay.set(leader, fetching);
    }
  }

  async #fetch(input: {
    readonly state: TopicState;
    readonly leader: number;
    readonly asked: readonly Asked[];
    readonly bytesMax: number;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const { asked, bytesMax, leader, signal, state } = input;
    const { brokers, clock, events, topic, topics } = this.#options;
    try {
      const broker = await brokers.node(leader);
      const places = turned(asked).map(({ held, place }) => ({
        partition: held.partition,
        offset: place.offset,
        bytesMax: Math.min(partitionBytesMax, bytesMax),
      }));
      const request = { topic: state.name, places, waitMs: fetchWaitMs, bytesMax };
      for (const fetched of await fetchRecords(broker, topic, request)) this.#take(asked, fetched);
      this.#failures = 0;
      events.well();
    } catch (error) {
      if (signal.aborted) return;
      topics.forget(topic);
      events.failed(this.#failed(error));
      await clock.sleep(this.#pauseMs(), signal);
    }
  }

  #take(asked: readonly Asked[], fetched: FetchedRecords): void {
    const one = asked.find(({ held }) => held.partition === fetched.partition);
    // Lost, or set back, while the fetch was under way: what was fetched is not what is next.
    if (!one || !this.#options.held.isCurrent(one.held) || one.held.place !== one.place) return;
    const { offset } = one.place;
    switch (fetched.errorCode) {
      case 0:
        one.held.buffer.push(fetched.records, fetched.bytes);
        if (fetched.next > offset) one.held.place = { kind: "proved", offset: fetched.next };
        return;
      case errorCodes.offsetOutOfRange:
        one.held.place = { kind: "unproved", offset };
        return;
      default:
        throw brokerError(fetched.errorCode);
    }
  }

  #failed(error: unknown): Error {
    this.#failures += 1;
    const { topic, topics } = this.#options;
    return pipelineError(error, `reading ${topics.nameOf(topic)}`);
  }

  #pauseMs(): number {
    return backoffMs(this.#failures, chanceFixed, backoff);
  }
}

/** A response is bounded, so each time another partition comes first. */
function turned(asked: readonly Asked[]): readonly Asked[] {
  return asked.toSorted((a, b) => a.held.buffer.bytes - b.held.buffer.bytes);
}
