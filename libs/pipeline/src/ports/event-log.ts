/**
 * The event log: topics of partitions of records, as Kafka has them. What is promised is the least
 * that any log gives: at least once, in order within a key. Nobody may rely on more.
 */
export interface NewRecord {
  readonly key: string;
  /** Null says that the key is needed no more: in a compacted topic all of it goes in the end. */
  readonly value: string | null;
  /** Decides the partition; the key when absent. Facets share their document's partition. */
  readonly partitionKey?: string;
  /** Overrides the choice: markers go to every partition. */
  readonly partition?: number;
  /** W3C trace context of whatever caused it, for logs that carry headers. */
  readonly trace?: string | null;
}

/** Where a record is, without what it says. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly appendedAtMs: number;
}

export interface LogRecord extends RecordPlace {
  /** Null was written by erasure; readers skip it. */
  readonly value: string | null;
}

export interface Appended {
  readonly partition: number;
  readonly offset: number;
}

export interface PartitionRange {
  readonly partition: number;
  /** The first offset still kept. */
  readonly begin: number;
  /** The offset the next record will get. */
  readonly end: number;
}

export interface PollOptions {
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** How long to wait for the first record; an empty answer is no end. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** One member of a consumer group. A group that is new starts from the beginning. */
export interface LogConsumer extends AsyncDisposable {
  /**
   * The next records, ascending within each partition, from the acknowledged offset on. An offset
   * that is no longer kept is an error when the log was truncated and not compacted.
   */
  poll(options: PollOptions): Promise<readonly LogRecord[]>;
  /** `offset` is the next to be read. Never goes back; when it resolves, it survives a crash. */
  acknowledge(partition: number, offset: number): Promise<void>;
  /** What was acknowledged of the partitions this member holds; 0 for none. */
  acknowledged(): Promise<ReadonlyMap<number, number>>;
  /**
   * The partitions this member holds, each with the term it holds it for. Another term means that
   * somebody else may have held it meanwhile, and set it back: what was known of it is void.
   */
  held(): ReadonlyMap<number, number>;
  /** Reads again from here, and sets the acknowledged offset back to it. */
  rewind(partition: number, offset: number): Promise<void>;
}

export interface EventLog extends AsyncDisposable {
  /**
   * Appends in order; all or none of one call for the same partition. When it resolves the records
   * are stored; with `durable` they survive a loss of power.
   */
  append(
    topic: string,
    records: readonly NewRecord[],
    options?: { readonly durable?: boolean },
  ): Promise<readonly Appended[]>;
  consumer(topic: string, group: string): Promise<LogConsumer>;
  /** What a group has acknowledged of every partition, without joining it; 0 for none. */
  acknowledged(topic: string, group: string): Promise<ReadonlyMap<number, number>>;
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /** A bounded read for replays and look-ups, without a group. */
  read(
    topic: string,
    partition: number,
    range: { readonly from: number; readonly to: number; readonly recordsMax: number },
  ): Promise<readonly LogRecord[]>;
  /** Changes when the topic was made anew: then its offsets mean nothing any more. */
  identity(topic: string): Promise<{ readonly id: string; readonly partitions: number }>;
  /** What each group has acknowledged of the topic, with how far behind it is, in records. */
  lag(topic: string, group: string): Promise<number>;
  /** Forgets a topic, with its groups. One made later by the name has another identity. */
  dropTopic(topic: string): Promise<void>;
}
