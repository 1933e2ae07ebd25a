import type { Clock } from "@tidemark/pipeline";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time that stands still until it is advanced; sleepers wake in the order of their times. */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.#nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** When the next sleeper wakes; null when nobody sleeps. */
  get nextDueMs(): number | null {
    return this.#sleepers.size === 0 ? null : this.#earliest().dueMs;
  }

  /** Moves time on and wakes who is due, one after another; what each does first is done. */
  async advance(ms: number): Promise<void> {
    await settled();
    const untilMs = this.#nowMs + ms;
    while (this.#sleepers.size > 0 && this.#earliest().dueMs <= untilMs) {
      const sleeper = this.#earliest();
      this.#nowMs = Math.max(this.#nowMs, sleeper.dueMs);
      sleeper.wake();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  /** The same time seen through a clock that is wrong by so much. */
  skewed(byMs: number): Clock {
    return {
      nowMs: () => this.#nowMs + byMs,
      sleep: (ms, signal) => this.sleep(ms, signal),
    };
  }

  #earliest(): Sleeper {
    let earliest: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (!earliest || sleeper.dueMs < earliest.dueMs) earliest = sleeper;
    }
    if (!earliest) throw new RangeError("nobody sleeps");
    return earliest;
  }
}

/** Resolves when every promise that could go on without time passing has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
