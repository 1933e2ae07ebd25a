/** Reads a topic from a place on, as far as it has grown, without a group. */
import type { EventLog, LogRecord, PartitionRange } from "../ports/event-log.ts";
import { readRange } from "../read-range.ts";

export class TopicTail {
  readonly #log: EventLog;
  readonly #topic: string;
  #next: Map<number, number>;
  #identity: string;

  private constructor(log: EventLog, topic: string, identity: string, next: Map<number, number>) {
    this.#log = log;
    this.#topic = topic;
    this.#identity = identity;
    this.#next = next;
  }

  /** What `from` has no partition of begins so many records before the end. */
  static async open(
    log: EventLog,
    topic: string,
    {
      backRecords,
      from,
    }: { readonly from: ReadonlyMap<number, number>; readonly backRecords: number },
  ): Promise<TopicTail> {
    const { id } = await log.identity(topic);
    const next = new Map(
      (await log.ranges(topic)).map(({ begin, end, partition }) => {
        const known = from.get(partition);
        return [partition, Math.max(begin, known ?? end - backRecords)] as const;
      }),
    );
    return new TopicTail(log, topic, id, next);
  }

  /** Where reading goes on, by partition. */
  get next(): ReadonlyMap<number, number> {
    return this.#next;
  }

  get identity(): string {
    return this.#identity;
  }

  ranges(): Promise<readonly PartitionRange[]> {
    return this.#log.ranges(this.#topic);
  }

  /** Hands on every record up to the ends of these ranges. What is gone meanwhile is passed over. */
  async catchUp(
    take: (record: LogRecord & { readonly value: string }) => void,
    ranges?: readonly PartitionRange[],
  ): Promise<void> {
    const { id } = await this.#log.identity(this.#topic);
    if (id !== this.#identity) {
      this.#identity = id;
      this.#next = new Map();
    }
    for (const range of ranges ?? (await this.ranges())) {
      const { end, partition } = range;
      const begin = Math.max(range.begin, this.#next.get(partition) ?? range.begin);
      if (begin >= end) continue;
      for await (const records of readRange(this.#log, this.#topic, { begin, end, partition })) {
        for (const record of records) {
          if (record.value !== null) take({ ...record, value: record.value });
          this.#next.set(partition, record.offset + 1);
        }
      }
      this.#next.set(partition, end);
    }
  }
}
