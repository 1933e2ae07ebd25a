/** Reads a topic from a place on, as far as it has grown, without a group. */
import type { EventLog, LogRecord, PartitionRange } from "../ports/event-log.ts";

const readBatch = 1_000;

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
    for (const { begin, end, partition } of ranges ?? (await this.ranges())) {
      let from = Math.max(begin, this.#next.get(partition) ?? begin);
      while (from < end) {
        const range = { from, to: end, recordsMax: readBatch };
        const records = await this.#log.read(this.#topic, partition, range);
        for (const record of records) {
          if (record.value !== null) take({ ...record, value: record.value });
        }
        const last = records.at(-1);
        from = last ? last.offset + 1 : end;
        this.#next.set(partition, from);
      }
    }
  }
}
