/**
 * Appends to topics. Calls for one topic that come while another is under way share the next
 * request; one request of a topic is under way at a time, so that the order of calls is the order of
 * records. What is under way is bounded in bytes, and further calls wait.
 */
import {
  PoisonError,
  TransientError,
  type Appended,
  type Clock,
  type NewRecord,
} from "@tidemark/pipeline";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import { pipelineError, typeOf } from "../brokers/kafka-errors.ts";
import type { TopicKeeper, TopicState } from "../topics/topic-keeper.ts";
import { ByteGate } from "./byte-gate.ts";
import { partitionOf } from "./partition-of.ts";
import { bytesOf, planRequests, type PlannedRecord } from "./plan-requests.ts";
import { Producer, type Messages } from "./producer.ts";

interface Call {
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  readonly appended: Appended[];
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface AppenderOptions {
  readonly brokers: KafkaBrokers;
  readonly topics: TopicKeeper;
  readonly clock: Clock;
}

const underWayBytesMax = 64 << 20;
const requestBytesMax = 4 << 20;
/** Of a batch, besides its records. */
const batchOverheadBytes = 1_024;

export class Appender {
  readonly #topics: TopicKeeper;
  readonly #clock: Clock;
  readonly #producer: Producer;
  readonly #gate = new ByteGate(underWayBytesMax);
  readonly #queues = new Map<string, Call[]>();

  constructor(options: AppenderOptions) {
    this.#topics = options.topics;
    this.#clock = options.clock;
    this.#producer = new Producer(options);
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly Appended[]> {
    if (records.length === 0) return [];
    const bytes = records.reduce((sum, record) => sum + bytesOf(record), 0);
    await this.#gate.enter(bytes);
    try {
      return await new Promise((resolve, reject) => {
        const call = { records, bytes, appended: [], resolve, reject };
        const queue = this.#queues.get(topic);
        if (queue) {
          queue.push(call);
          return;
        }
        this.#queues.set(topic, [call]);
        void this.#drain(topic);
      });
    } finally {
      this.#gate.leave(bytes);
    }
  }

  /** A topic was dropped, and its numbering with it. */
  renew(): void {
    this.#producer.renew();
  }

  /** The queue is there for as long as somebody drains it. */
  async #drain(topic: string): Promise<void> {
    const queue = this.#queues.get(topic) ?? [];
    while (queue.length > 0) {
      const calls = takeTogether(queue);
      try {
        await this.#send(topic, calls);
      } catch (error) {
        const known = pipelineError(error, `appending to ${this.#topics.nameOf(topic)}`);
        for (const call of calls.filter((one) => !isStored(one))) call.reject(known);
      }
      for (const call of calls.filter(isStored)) call.resolve(call.appended);
    }
    this.#queues.delete(topic);
  }

  async #send(topic: string, calls: readonly Call[]): Promise<void> {
    const state = await this.#topics.ensure(topic);
    const batchBytesMax = state.recordBytesMax - batchOverheadBytes;
    const sound = calls.filter((call) => {
      const problem = this.#problemOf(topic, call, state, batchBytesMax);
      if (problem) call.reject(problem);
      return problem === null;
    });
    const placed = sound.map(({ records }) => ({
      records: records.map((record) => ({
        record,
        partition: placeOf(record, state),
        bytes: bytesOf(record),
      })),
    }));
    const timestamp = String(this.#clock.nowMs());
    for (const request of planRequests(placed, { batchBytesMax, requestBytesMax })) {
      const offsets = await this.#store(topic, state, batchesOf(request, timestamp));
      for (const { at, call, partition } of request) {
        const offset = offsets.get(partition) ?? 0;
        offsets.set(partition, offset + 1);
        const appended = sound[call]?.appended;
        if (appended) appended[at] = { partition, offset };
      }
    }
  }

  async #store(
    topic: string,
    state: TopicState,
    batches: ReadonlyMap<number, Messages>,
  ): Promise<Map<number, number>> {
    try {
      return new Map(await this.#producer.send(topic, state, batches));
    } catch (error) {
      this.#topics.forget(topic);
      if (!isTooLarge(error)) throw error;
      if (countOf(batches) === 1) throw tooLarge(state, error);
      // Somebody has lowered the topic's bound; with the bound as it is now it is known who is above.
      this.#topics.recheck(topic);
      throw new TransientError(`${state.name} takes smaller records than it did`, {
        cause: error,
        dependency: "log",
      });
    }
  }

  #problemOf(topic: string, call: Call, state: TopicState, bytesMax: number): Error | null {
    const large = call.records.find((record) => bytesOf(record) > bytesMax);
    if (large) return tooLarge(state);
    const stray = call.records.find((record) => placeOf(record, state) >= state.partitions);
    if (!stray) return null;
    // As between two looks at a topic that is made anew.
    this.#topics.forget(topic);
    return new TransientError(`${topic} has no partition ${stray.partition}`, {
      dependency: "log",
    });
  }
}

function placeOf(record: NewRecord, { partitions }: TopicState): number {
  return record.partition ?? partitionOf(record.partitionKey ?? record.key, partitions);
}

function takeTogether(queue: Call[]): readonly Call[] {
  let bytes = 0;
  const end = queue.findIndex((call, at) => {
    bytes += call.bytes;
    return at > 0 && bytes > requestBytesMax;
  });
  return queue.splice(0, end < 0 ? queue.length : end);
}

function batchesOf(
  request: readonly PlannedRecord[],
  timestamp: string,
): ReadonlyMap<number, Messages> {
  const batches = new Map<number, Messages[number][]>();
  for (const { partition, record } of request) {
    const { key, trace, value } = record;
    const headers = trace ? { headers: { traceparent: trace } } : {};
    const batch = batches.get(partition) ?? [];
    batch.push({ key, value, timestamp, ...headers });
    batches.set(partition, batch);
  }
  return batches;
}

function isStored({ appended, records }: Call): boolean {
  // Places that are not there yet are holes, which a filter leaves out.
  return appended.filter(() => true).length === records.length;
}

function countOf(batches: ReadonlyMap<number, Messages>): number {
  return [...batches.values()].reduce((sum, messages) => sum + messages.length, 0);
}

function tooLarge({ name, recordBytesMax }: TopicState, cause?: unknown): PoisonError {
  return new PoisonError(
    "size-limit",
    `the record is larger than ${name} takes: max.message.bytes is ${recordBytesMax}`,
    { cause },
  );
}

function isTooLarge(error: unknown): boolean {
  return ["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"].includes(typeOf(error));
}
