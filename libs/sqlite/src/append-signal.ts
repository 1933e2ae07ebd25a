/**
 * Wakes those who wait for records of a topic. All appends go through this process, so nobody has
 * to look again and again.
 */
export class AppendSignal {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #closed = false;

  /** Nothing will be appended any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Grows with every append to the topic; to be asked before looking for records. */
  count(topic: string): number {
    return this.#counts.get(topic) ?? 0;
  }

  appended(topic: string): void {
    this.#counts.set(topic, this.count(topic) + 1);
    this.#wake(topic);
  }

  /** Resolves when something was appended since the count, the time is over, or work stops. */
  wait(
    topic: string,
    options: { readonly since: number; readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<void> {
    const { since, waitMs, signal } = options;
    if (this.#closed || this.count(topic) !== since || waitMs <= 0 || signal?.aborted) {
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(topic) ?? new Set();
    this.#waiting.set(topic, waiting);
    const timer = setTimeout(resolve, waitMs);
    waiting.add(resolve);
    signal?.addEventListener("abort", () => resolve(), { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(resolve);
    });
  }

  close(): void {
    this.#closed = true;
    for (const topic of this.#waiting.keys()) this.#wake(topic);
  }

  #wake(topic: string): void {
    for (const resolve of this.#waiting.get(topic) ?? []) resolve();
  }
}
