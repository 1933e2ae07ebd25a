/** Topics that others write, on a Kafka that need not be the log's. */
export interface ForeignRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** Null where it has none. */
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

export interface ForeignPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly records: readonly ForeignRecord[];
  /** Where to read on: past gaps too. */
  readonly next: number;
  /** The offset behind the last record that can be read now. */
  readonly end: number;
  /** What lay before it is not kept any more, though it was asked for; null where nothing is missing. */
  readonly begin: number | null;
}

export interface ForeignTopics extends AsyncDisposable {
  /** The topic as it is now; its id is another one when it was made anew. Null when there is none. */
  find(topic: string): Promise<{ readonly id: string; readonly partitions: number } | null>;
  /**
   * The next records from each of the places, within a bound in bytes; waits a little for the first.
   * Throws `TransientError` when nobody answers.
   */
  fetch(
    topic: string,
    places: readonly ForeignPlace[],
    options: { readonly bytesMax: number; readonly waitMs: number },
  ): Promise<readonly FetchedPartition[]>;
}
