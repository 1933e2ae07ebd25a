/** One member of a consumer group of the embedded log. */
import type { LogConsumer, LogRecord, PollOptions } from "@tidemark/pipeline";
import { OffsetOutOfRangeError, topicPolicy } from "@tidemark/pipeline";
import type { Lane } from "./topic-operations.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export class SqliteLogConsumer implements LogConsumer {
  readonly #database: SqliteDatabase;
  readonly #topic: string;
  readonly #group: string;
  readonly #partitions: number;
  /** The next offset to be read, by partition; undefined until the first poll. */
  #positions: Map<number, number> | undefined;
  /** Turns, so that no partition starves another. */
  #first = 0;
  #closed = false;

  constructor(options: {
    readonly database: SqliteDatabase;
    readonly topic: string;
    readonly group: string;
    readonly partitions: number;
  }) {
    this.#database = options.database;
    this.#topic = options.topic;
    this.#group = options.group;
    this.#partitions = options.partitions;
  }

  async poll(options: PollOptions): Promise<readonly LogRecord[]> {
    const { appends } = this.#database;
    const endsAtMs = performance.now() + options.waitMs;
    for (;;) {
      if (this.#closed) throw new Error(`the consumer of ${this.#topic} is closed`);
      if (options.signal?.aborted) return [];
      const since = appends.count(this.#topic);
      const records = await this.#next(options);
      if (records.length > 0) return records;
      const waitMs = endsAtMs - performance.now();
      if (waitMs <= 0 || options.signal?.aborted || appends.closed) return [];
      const stop = options.signal ? { signal: options.signal } : {};
      await appends.wait(this.#topic, { since, waitMs, ...stop });
      if (appends.closed) return [];
    }
  }

  async acknowledge(partition: number, offset: number): Promise<void> {
    await this.#database.write("raiseProgress", [this.#progress(partition, offset)], {
      priority: "restriction",
    });
  }

  async acknowledged(): Promise<ReadonlyMap<number, number>> {
    const stored = new Map(await this.#stored());
    return new Map(this.#numbers().map((partition) => [partition, stored.get(partition) ?? 0]));
  }

  /** One process holds them all, from the first to the last. */
  held(): ReadonlyMap<number, number> {
    return new Map(this.#numbers().map((partition) => [partition, 0]));
  }

  async rewind(partition: number, offset: number): Promise<void> {
    await this.#database.write("setProgress", [this.#progress(partition, offset)], {
      priority: "restriction",
    });
    this.#positions?.set(partition, offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
  }

  async #next({ recordsMax, bytesMax }: PollOptions): Promise<readonly LogRecord[]> {
    const positions = (this.#positions ??= new Map(await this.#stored()));
    const order = this.#numbers().map((_, index) => (this.#first + index) % this.#partitions);
    const asked = new Map(order.map((partition) => [partition, positions.get(partition)]));
    const { records, lanes } = await this.#database.read("readNext", {
      topic: this.#topic,
      from: order.map((partition) => ({ partition, offset: asked.get(partition) ?? 0 })),
      recordsMax,
      bytesMax,
    });
    this.#checkRange(asked, lanes);
    // Set back while this read was under way: what was read is not what is next.
    if (order.some((partition) => positions.get(partition) !== asked.get(partition))) return [];
    for (const { partition, offset } of records) positions.set(partition, offset + 1);
    this.#first = (this.#first + 1) % this.#partitions;
    return records;
  }

  /** A new group begins with what is left; one that was here before must not miss what is gone. */
  #checkRange(asked: ReadonlyMap<number, number | undefined>, lanes: readonly Lane[]): void {
    if (topicPolicy(this.#topic).compact) return;
    for (const [partition, offset] of asked) {
      const begin = lanes[partition]?.beginOffset ?? 0;
      if (offset !== undefined && offset < begin) {
        throw new OffsetOutOfRangeError({ topic: this.#topic, partition, offset, begin });
      }
    }
  }

  async #stored(): Promise<readonly (readonly [partition: number, offset: number])[]> {
    const rows = await this.#database.read("readProgress", {
      topic: this.#topic,
      group: this.#group,
    });
    return rows.map(({ partition, offset }) => [partition, offset]);
  }

  #progress(partition: number, offset: number) {
    return { topic: this.#topic, group: this.#group, partition, offset };
  }

  #numbers(): readonly number[] {
    return Array.from({ length: this.#partitions }, (_, partition) => partition);
  }
}
