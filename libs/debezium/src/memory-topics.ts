/** Topics in memory, for tests, and a connector that writes to them as Debezium does. */
import type {
  FetchedPartition,
  ForeignPlace,
  ForeignRecord,
  ForeignTopics,
} from "./foreign-topics.ts";

interface Topic {
  id: string;
  begin: number[];
  partitions: ForeignRecord[][];
}

export interface WrittenRecord {
  readonly topic: string;
  readonly partition?: number;
  readonly key: unknown;
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

export class MemoryTopics implements ForeignTopics {
  readonly #topics = new Map<string, Topic>();
  #made = 0;

  make(topic: string, partitions: number): void {
    this.#made += 1;
    const each = Array.from({ length: partitions }, () => []);
    this.#topics.set(topic, { id: `id-${this.#made}`, begin: each.map(() => 0), partitions: each });
  }

  write({ headers = {}, key, partition = 0, timestampMs, topic, value }: WrittenRecord): void {
    const records = this.#mustHave(topic).partitions[partition];
    if (!records) throw new Error(`${topic} has no partition ${partition}`);
    const print = (part: unknown) => (part === null ? null : JSON.stringify(part));
    const offset = records.length;
    const record = { topic, partition, offset, timestampMs, headers, bytes: 0 };
    records.push({ ...record, key: print(key), value: print(value) });
  }

  /** As retention does. */
  forget(topic: string, partition: number, before: number): void {
    this.#mustHave(topic).begin[partition] = before;
  }

  async find(topic: string) {
    const found = this.#topics.get(topic);
    return found ? { id: found.id, partitions: found.partitions.length } : null;
  }

  async fetch(topic: string, places: readonly ForeignPlace[]): Promise<FetchedPartition[]> {
    // Whoever reads an idle topic lets others go on.
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
    const found = this.#mustHave(topic);
    return places.map(({ offset, partition }) => {
      const all = found.partitions[partition] ?? [];
      const begin = found.begin[partition] ?? 0;
      const end = all.length;
      if (offset < begin) return { partition, records: [], next: begin, end, begin };
      const records = all.slice(offset, offset + 2);
      return { partition, records, next: offset + records.length, end, begin: null };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #mustHave(topic: string): Topic {
    const found = this.#topics.get(topic);
    if (!found) throw new Error(`no topic ${topic}`);
    return found;
  }
}
