/** What a memory log keeps: it outlives the processes that use it, as brokers do. */
import {
  TransientError,
  type Appended,
  type LogRecord,
  type NewRecord,
  type PartitionRange,
} from "@tidemark/pipeline";
import { wordHash } from "./memory-embedder.ts";

interface Partition {
  /** Ascending by offset; compaction leaves gaps. */
  records: LogRecord[];
  begin: number;
  end: number;
}

interface Topic {
  id: string;
  partitions: Partition[];
}

export class LogStore {
  readonly #partitions: number;
  readonly #topics = new Map<string, Topic>();
  readonly #groups = new Map<string, Map<number, number>>();
  readonly #arrivals = new Set<() => void>();
  #made = 0;

  constructor(partitions = 3) {
    this.#partitions = partitions;
  }

  append(topic: string, records: readonly NewRecord[], appendedAtMs: number): Appended[] {
    const { partitions } = this.#of(topic);
    const appended = records.map((record) => {
      const { key, value } = record;
      const chosen = wordHash(record.partitionKey ?? key) % partitions.length;
      const at = record.partition ?? chosen;
      const partition = partitions[at];
      // As between two looks at a topic that is made anew.
      if (!partition) throw new TransientError(`${topic} has no partition ${at}`);
      const offset = partition.end;
      partition.end += 1;
      partition.records.push({ topic, partition: at, offset, key, value, appendedAtMs });
      return { partition: at, offset };
    });
    for (const arrived of this.#arrivals) arrived();
    return appended;
  }

  /** Records from an offset on, ascending. */
  from(topic: string, partition: number, offset: number, recordsMax: number): LogRecord[] {
    const { records } = this.#partition(topic, partition);
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return records.slice(low, low + recordsMax);
  }

  ranges(topic: string): PartitionRange[] {
    return this.#of(topic).partitions.map(({ begin, end }, partition) => ({
      partition,
      begin,
      end,
    }));
  }

  identity(topic: string): { readonly id: string; readonly partitions: number } {
    const { id, partitions } = this.#of(topic);
    return { id, partitions: partitions.length };
  }

  offsets(topic: string, group: string): Map<number, number> {
    const name = `${topic}\n${group}`;
    const found = this.#groups.get(name) ?? new Map<number, number>();
    this.#groups.set(name, found);
    return found;
  }

  /** Resolves with the next append to any topic. */
  arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const arrived = () => {
        this.#arrivals.delete(arrived);
        resolve();
      };
      this.#arrivals.add(arrived);
      signal.addEventListener("abort", arrived, { once: true });
    });
  }

  /**
   * Keeps of each key the record with the last offset, whatever it says: Kafka's promise. With
   * bounds only records below a partition's are compared, as the newest are left alone.
   */
  compact(topic: string, below?: ReadonlyMap<number, number>): void {
    for (const [at, partition] of this.#of(topic).partitions.entries()) {
      const bound = below ? (below.get(at) ?? 0) : Number.POSITIVE_INFINITY;
      const old = partition.records.filter(({ offset }) => offset < bound);
      const last = new Map(old.map(({ key, offset }) => [key, offset]));
      partition.records = partition.records.filter(
        ({ key, offset }) => offset >= bound || last.get(key) === offset,
      );
    }
  }

  /** Forgets the records before an offset, as retention does. */
  truncate(topic: string, partition: number, before: number): void {
    const kept = this.#partition(topic, partition);
    kept.begin = Math.min(before, kept.end);
    kept.records = kept.records.filter(({ offset }) => offset >= before);
  }

  /** The topic is made anew: empty, under another id. Offsets of its groups stay, and lie. */
  recreate(topic: string, partitions = this.#partitions): void {
    this.#topics.delete(topic);
    this.#make(topic, partitions);
  }

  drop(topic: string): void {
    this.#topics.delete(topic);
    for (const name of this.#groups.keys()) {
      if (name.startsWith(`${topic}\n`)) this.#groups.delete(name);
    }
  }

  /** Keys move to other partitions from here on. */
  addPartitions(topic: string, partitions: number): void {
    const all = this.#of(topic).partitions;
    while (all.length < partitions) all.push({ records: [], begin: 0, end: 0 });
  }

  topics(): string[] {
    return [...this.#topics.keys()];
  }

  #of(topic: string): Topic {
    return this.#topics.get(topic) ?? this.#make(topic, this.#partitions);
  }

  #partition(topic: string, partition: number): Partition {
    const found = this.#of(topic).partitions[partition];
    if (!found) throw new RangeError(`${topic} has no partition ${partition}`);
    return found;
  }

  #make(name: string, count: number): Topic {
    this.#made += 1;
    const partitions = Array.from({ length: count }, () => ({ records: [], begin: 0, end: 0 }));
    const topic = { id: `${name} ${this.#made}`, partitions };
    this.#topics.set(name, topic);
    return topic;
  }
}
