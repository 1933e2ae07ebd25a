/** The event log in the embedded database. */
import type { DocumentId } from "@tidemark/domain";
import type {
  Appended,
  DocumentHistory,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  PartitionRange,
} from "@tidemark/pipeline";
import { mutationsTopic, topicPolicy } from "@tidemark/pipeline";
import { SqliteLogConsumer } from "./sqlite-log-consumer.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export interface SqliteEventLogOptions {
  readonly database: SqliteDatabase;
  /** Of topics that are made from now on; one that exists keeps its own. */
  readonly partitions?: number | ((topic: string) => number);
  readonly now?: () => number;
}

const recordsPerSlice = 200;
const facets = ["metadata", "permissions"] as const;

export class SqliteEventLog implements EventLog, DocumentHistory {
  readonly #database: SqliteDatabase;
  readonly #partitions: (topic: string) => number;
  readonly #now: () => number;

  constructor({ database, partitions = 1, now = Date.now }: SqliteEventLogOptions) {
    this.#database = database;
    this.#partitions = typeof partitions === "number" ? () => partitions : partitions;
    this.#now = now;
  }

  async append(
    topic: string,
    records: readonly NewRecord[],
    { durable = false }: { readonly durable?: boolean } = {},
  ): Promise<readonly Appended[]> {
    const append = { topic, partitions: this.#partitions(topic), records, nowMs: this.#now() };
    // Whatever restricts a document comes through the log, so the log goes first.
    const appended = await this.#database.write("appendRecords", append, {
      priority: "restriction",
      durable,
    });
    this.#database.appends.appended(topic);
    return appended;
  }

  async consumer(topic: string, group: string): Promise<LogConsumer> {
    const { partitions } = await this.#ensure(topic);
    return new SqliteLogConsumer({ database: this.#database, topic, group, partitions });
  }

  async acknowledged(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    await using consumer = await this.consumer(topic, group);
    return await consumer.acknowledged();
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    await this.#ensure(topic);
    const lanes = await this.#database.read("topicLanes", topic);
    return lanes.map(({ beginOffset, nextOffset }, partition) => ({
      partition,
      begin: beginOffset,
      end: nextOffset,
    }));
  }

  read(
    topic: string,
    partition: number,
    range: { readonly from: number; readonly to: number; readonly recordsMax: number },
  ): Promise<readonly LogRecord[]> {
    return this.#database.read("readRange", { topic, partition, ...range });
  }

  async identity(topic: string): Promise<{ readonly id: string; readonly partitions: number }> {
    const { id, partitions } = await this.#ensure(topic);
    return { id, partitions };
  }

  async lag(topic: string, group: string): Promise<number> {
    const [ranges, progress] = await Promise.all([
      this.ranges(topic),
      this.#database.read("readProgress", { topic, group }),
    ]);
    const offsets = new Map(progress.map(({ partition, offset }) => [partition, offset]));
    return ranges.reduce(
      (sum, { partition, begin, end }) =>
        sum + Math.max(0, end - Math.max(begin, offsets.get(partition) ?? 0)),
      0,
    );
  }

  /** Those of its facets are among them. */
  recordsOf(topic: string, id: DocumentId, recordsMax: number): Promise<readonly LogRecord[]> {
    return this.#database.read("recordsByKeys", { topic, keys: keysOf(id), recordsMax });
  }

  /** Takes the content of a document's records away; their offsets stay. */
  erase(topic: string, id: DocumentId): Promise<number> {
    const erased = { topic, keys: keysOf(id) };
    return this.#database.write("eraseRecords", erased, { priority: "restriction" });
  }

  /** Forgets the records of a partition before an offset, as retention does. */
  async trimBefore(topic: string, partition: number, offset: number): Promise<void> {
    const trim = { topic, partition, before: offset, recordsMax: recordsPerSlice };
    for (let done = false; !done;) {
      done = (await this.#database.write("trimSlice", trim, { priority: "background" })).done;
    }
  }

  async dropTopic(topic: string): Promise<void> {
    const { partitions } = await this.#ensure(topic);
    for (let partition = 0; partition < partitions; partition += 1) {
      await this.trimBefore(topic, partition, Infinity);
    }
    this.#ensured.delete(topic);
    await this.#database.write("dropTopic", topic, { priority: "background" });
  }

  /** Topics that were ever written or read. */
  async topics(): Promise<readonly string[]> {
    return (await this.#database.read("listTopics", null)).map(({ name }) => name);
  }

  /** Removes what is past its time and what newer records made needless, slice by slice. */
  async maintain(input: {
    readonly nowMs: number;
    readonly signal?: AbortSignal;
  }): Promise<{ readonly trimmed: number; readonly compacted: number }> {
    let [trimmed, compacted] = [0, 0];
    for (const topic of await this.topics()) {
      const policy = topicPolicy(topic);
      const byRevision = topic === mutationsTopic;
      for (
        let done = !policy.compact && policy.retainMs === null;
        !done && !input.signal?.aborted;
      ) {
        const slice = await this.#database.write(
          "maintainSlice",
          { policy, byRevision, nowMs: input.nowMs, recordsMax: recordsPerSlice },
          { priority: "background" },
        );
        trimmed += slice.trimmed;
        compacted += slice.compacted;
        done = slice.done;
      }
    }
    return { trimmed, compacted };
  }

  /** The database is its opener's to close. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open here.
  }

  #ensure(topic: string) {
    return this.#ensured.get(topic) ?? this.#make(topic);
  }

  readonly #ensured = new Map<string, { readonly id: string; readonly partitions: number }>();

  async #make(name: string): Promise<{ readonly id: string; readonly partitions: number }> {
    const topic = await this.#database.write(
      "ensureTopic",
      { name, partitions: this.#partitions(name) },
      { priority: "restriction" },
    );
    this.#ensured.set(name, topic);
    return topic;
  }
}

/** A document's facets have keys of their own. */
function keysOf(key: string): readonly string[] {
  return [key, ...facets.map((facet) => `${key}#${facet}`)];
}
