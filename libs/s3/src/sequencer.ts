/**
 * Which writes of a key were told before a later one. It only ever spares a hint that could find
 * nothing: whatever is read for the later write is at least as new. Nothing is decided by it.
 */
const digitsMax = 64;

/** Negative when `a` is older. Hexadecimal; the shorter is padded on the right. */
export function compareSequencers(a: string, b: string): number {
  const [left, right] = [a, b].map((each) => each.toUpperCase().padEnd(digitsMax, "0"));
  return left === right ? 0 : (left ?? "") < (right ?? "") ? -1 : 1;
}

const keysMaxDefault = 100_000;

/** The newest write of each key whose hint is on the log; bounded, the oldest are forgotten. */
export class PublishedSequencers {
  readonly #keysMax: number;
  readonly #newest = new Map<string, string>();

  constructor(options: { readonly keysMax?: number } = {}) {
    this.#keysMax = options.keysMax ?? keysMaxDefault;
  }

  /** Whether a hint for this write, or for a later one, is on the log. */
  isPassed(key: string, sequencer: string): boolean {
    const newest = this.#newest.get(key);
    return newest !== undefined && compareSequencers(sequencer, newest) <= 0;
  }

  /** Called only when the hint is on the log. */
  published(key: string, sequencer: string): void {
    const newest = this.#newest.get(key);
    this.#newest.delete(key);
    const isNewer = newest === undefined || compareSequencers(newest, sequencer) < 0;
    this.#newest.set(key, isNewer ? sequencer : newest);
    for (const oldest of this.#newest.keys()) {
      if (this.#newest.size <= this.#keysMax) return;
      this.#newest.delete(oldest);
    }
  }
}
