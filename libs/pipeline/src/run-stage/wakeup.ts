/** Lets loops wait for one another without timers. */
export class Wakeup {
  #waiting: (() => void)[] = [];
  readonly #failure = new AbortController();

  /** Aborted once, when something in the company of these loops has failed. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  fail(): void {
    this.#failure.abort();
    this.ring();
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.next();
  }
}
