/**
 * What is measured and has to outlive a process: the newest value of each name, in the compacted
 * `measures` topic. Each name has one writer at a time; everybody reads.
 */
import type { EventLog } from "../ports/event-log.ts";
import { readRange } from "../read-range.ts";
import { measuresTopic } from "../topics.ts";

export class Measures {
  readonly #log: EventLog;
  readonly #values = new Map<string, string>();
  readonly #next = new Map<number, number>();
  #identity: string | null = null;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Reads what was written since. Of a topic that was made anew nothing is known. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.catch(() => {}).then(() => this.#refresh());
    return this.#refreshing;
  }

  /** As it was last read; null where there is none. Whoever asks knows what was written there. */
  get(name: string): unknown {
    const value = this.#values.get(name);
    return value === undefined ? null : JSON.parse(value);
  }

  /** All or none of it; null forgets. When it resolves, it survives a loss of power. */
  async put(values: readonly (readonly [name: string, value: unknown])[]): Promise<void> {
    await this.#log.append(
      measuresTopic,
      values.map(([key, value]) => ({ key, value: value === null ? null : JSON.stringify(value) })),
      { durable: true },
    );
    await this.refresh();
  }

  async #refresh(): Promise<void> {
    const { id } = await this.#log.identity(measuresTopic);
    if (this.#identity !== id) {
      this.#values.clear();
      this.#next.clear();
      this.#identity = id;
    }
    for (const { begin, end, partition } of await this.#log.ranges(measuresTopic)) {
      const from = Math.max(begin, this.#next.get(partition) ?? 0);
      const range = { begin: from, end, partition };
      for await (const records of readRange(this.#log, measuresTopic, range)) {
        for (const { key, value } of records) {
          if (value === null) this.#values.delete(key);
          else this.#values.set(key, value);
        }
      }
      this.#next.set(partition, Math.max(from, end));
    }
  }
}
