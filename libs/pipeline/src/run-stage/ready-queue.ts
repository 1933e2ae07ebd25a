/**
 * Which document goes next: the most urgent level first, and every so often the least urgent one,
 * so that a backfill never starves. Within a level, first come, first served.
 */
export const urgencyLevels = 4;
/** 0 restrictions, 1 live changes, 2 what a scan found, 3 snapshots and replays. */
export type Urgency = 0 | 1 | 2 | 3;

export class ReadyQueue {
  readonly #levels: Fifo[] = Array.from({ length: urgencyLevels }, () => new Fifo());
  readonly #levelOf = new Map<string, Urgency>();
  readonly #ageingEvery: number;
  #taken = 0;

  constructor(options: { readonly ageingEvery: number } = { ageingEvery: 16 }) {
    this.#ageingEvery = options.ageingEvery;
  }

  get size(): number {
    return this.#levelOf.size;
  }

  /** Adds a key, or raises one that is there; a key is never made to wait longer. */
  add(key: string, urgency: Urgency): void {
    const before = this.#levelOf.get(key);
    if (before !== undefined && before <= urgency) return;
    this.#levelOf.set(key, urgency);
    this.#levels[urgency]?.push(key);
  }

  /** The level of the next key that `take` may give out, or null. */
  mostUrgent(): Urgency | null {
    for (const [urgency, level] of this.#levels.entries()) {
      if (this.#peek(level, urgency as Urgency)) return urgency as Urgency;
    }
    return null;
  }

  /** Up to `count` keys of one level not above `atMost`. */
  take(count: number, atMost: Urgency = 3): string[] {
    this.#taken += 1;
    const ages = this.#ageingEvery > 0 && this.#taken % this.#ageingEvery === 0;
    const order = [...this.#levels.keys()].filter((level) => level <= atMost);
    for (const urgency of ages ? order.toReversed() : order) {
      const level = this.#levels[urgency] as Fifo;
      const keys: string[] = [];
      while (keys.length < count && this.#peek(level, urgency as Urgency)) {
        const key = level.shift() as string;
        this.#levelOf.delete(key);
        keys.push(key);
      }
      if (keys.length > 0) return keys;
    }
    return [];
  }

  /** Drops entries that were raised to another level or taken meanwhile. */
  #peek(level: Fifo, urgency: Urgency): boolean {
    for (let key = level.first(); key !== undefined; key = level.first()) {
      if (this.#levelOf.get(key) === urgency) return true;
      level.shift();
    }
    return false;
  }
}

class Fifo {
  #items: string[] = [];
  #head = 0;

  push(item: string): void {
    this.#items.push(item);
  }

  first(): string | undefined {
    return this.#items[this.#head];
  }

  shift(): string | undefined {
    const item = this.#items[this.#head];
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
