/**
 * A log that promises the least that Kafka does: records come in order within a partition and in
 * any order across them, every member of a group may get every record, and what was not
 * acknowledged comes again.
 */
import type {
  Appended,
  Chance,
  Clock,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  PollOptions,
} from "@tidemark/pipeline";
import { OffsetOutOfRangeError, topicPolicy } from "@tidemark/pipeline";
import { openGate, type Gate } from "./gate.ts";
import { LogStore } from "./log-store.ts";
import { between, seededChance, shuffled } from "./seeded-chance.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface MemoryEventLogOptions {
  /** Shared by all processes. */
  readonly store?: LogStore;
  readonly clock?: Clock;
  readonly chance?: Chance;
  /** How likely a poll starts again at the acknowledged offsets, as after a rebalance. */
  readonly redelivery?: number;
  readonly gate?: Gate;
}

interface Given {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly redelivery: number;
  readonly gate: Gate;
}

export class MemoryEventLog implements EventLog {
  readonly #given: Given;

  constructor(options: MemoryEventLogOptions = {}) {
    this.#given = {
      store: options.store ?? new LogStore(),
      clock: options.clock ?? new VirtualClock(),
      chance: options.chance ?? seededChance(1),
      redelivery: options.redelivery ?? 0,
      gate: options.gate ?? openGate,
    };
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly Appended[]> {
    const { store, clock, gate } = this.#given;
    await gate("append");
    return store.append(topic, records, clock.nowMs());
  }

  async consumer(topic: string, group: string): Promise<LogConsumer> {
    await this.#given.gate("consumer");
    return new MemoryConsumer(this.#given, topic, group);
  }

  async acknowledged(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    const consumer = await this.consumer(topic, group);
    return await consumer.acknowledged();
  }

  async dropTopic(topic: string): Promise<void> {
    await this.#given.gate("dropTopic");
    this.#given.store.drop(topic);
  }

  async ranges(topic: string) {
    await this.#given.gate("ranges");
    return this.#given.store.ranges(topic);
  }

  async read(
    topic: string,
    partition: number,
    range: { readonly from: number; readonly to: number; readonly recordsMax: number },
  ): Promise<readonly LogRecord[]> {
    await this.#given.gate("read");
    const records = this.#given.store.from(topic, partition, range.from, range.recordsMax);
    return records.filter(({ offset }) => offset < range.to);
  }

  async identity(topic: string) {
    await this.#given.gate("identity");
    return this.#given.store.identity(topic);
  }

  async lag(topic: string, group: string): Promise<number> {
    const { store, gate } = this.#given;
    await gate("lag");
    const offsets = store.offsets(topic, group);
    const behind = store.ranges(topic).map(({ partition, end }) => {
      const next = offsets.get(partition) ?? 0;
      return store.from(topic, partition, next, end).length;
    });
    return behind.reduce((sum, records) => sum + records, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class MemoryConsumer implements LogConsumer {
  readonly #given: Given;
  readonly #topic: string;
  readonly #offsets: Map<number, number>;
  readonly #positions = new Map<number, number>();

  constructor(given: Given, topic: string, group: string) {
    this.#given = given;
    this.#topic = topic;
    this.#offsets = given.store.offsets(topic, group);
  }

  async poll(options: PollOptions): Promise<readonly LogRecord[]> {
    const { gate, chance, redelivery, clock } = this.#given;
    await gate("poll");
    if (chance() < redelivery) this.#positions.clear();
    const untilMs = clock.nowMs() + options.waitMs;
    for (;;) {
      const records = this.#take(options);
      const leftMs = untilMs - clock.nowMs();
      if (records.length > 0 || leftMs <= 0 || options.signal?.aborted) return records;
      await this.#arrivalWithin(leftMs, options.signal);
    }
  }

  async #arrivalWithin(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock, store } = this.#given;
    const done = new AbortController();
    // With a reason of its own no error is made, which would cost more than all else here.
    const end = () => done.abort("over");
    signal?.addEventListener("abort", end, { once: true });
    await Promise.race([store.arrival(done.signal), clock.sleep(waitMs, done.signal)]);
    signal?.removeEventListener("abort", end);
    end();
  }

  async acknowledge(partition: number, offset: number): Promise<void> {
    await this.#given.gate("acknowledge");
    this.#offsets.set(partition, Math.max(offset, this.#offsets.get(partition) ?? 0));
  }

  async acknowledged(): Promise<ReadonlyMap<number, number>> {
    await this.#given.gate("acknowledged");
    const ranges = this.#given.store.ranges(this.#topic);
    return new Map(ranges.map(({ partition }) => [partition, this.#offsets.get(partition) ?? 0]));
  }

  held(): ReadonlyMap<number, number> {
    return new Map(this.#given.store.ranges(this.#topic).map(({ partition }) => [partition, 0]));
  }

  async rewind(partition: number, offset: number): Promise<void> {
    await this.#given.gate("rewind");
    this.#offsets.set(partition, offset);
    this.#positions.set(partition, offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** A few records of some partitions: keys of different partitions interleave by chance. */
  #take(options: PollOptions): LogRecord[] {
    const { store, chance } = this.#given;
    const taken: LogRecord[] = [];
    let bytes = 0;
    for (const range of shuffled(chance, store.ranges(this.#topic))) {
      const { partition } = range;
      const wanted = between(chance, 1, options.recordsMax - taken.length);
      for (const record of store.from(this.#topic, partition, this.#position(range), wanted)) {
        bytes += Buffer.byteLength(record.value ?? "") + Buffer.byteLength(record.key);
        if (taken.length > 0 && bytes > options.bytesMax) return taken;
        taken.push(record);
        this.#positions.set(partition, record.offset + 1);
      }
      if (taken.length >= options.recordsMax) break;
    }
    return taken;
  }

  /** @throws OffsetOutOfRangeError when the offset is no longer, or not yet, on the log */
  #position({ partition, begin, end }: { partition: number; begin: number; end: number }): number {
    const acknowledged = this.#offsets.get(partition);
    const offset = this.#positions.get(partition) ?? acknowledged ?? begin;
    const isLost = offset < begin && !topicPolicy(this.#topic).compact;
    if (isLost || offset > end) {
      throw new OffsetOutOfRangeError({ topic: this.#topic, partition, offset, begin, end });
    }
    return Math.max(begin, offset);
  }
}
