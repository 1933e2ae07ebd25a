/**
 * Answers that callers may ask for again because the first one was lost on its way. A request is
 * worked on once, however often it comes, as long as somebody waits for it or it is remembered.
 */
export interface RememberOptions<Reply> {
  readonly repliesMax: number;
  readonly bytesMax: number;
  readonly keepMs: number;
  readonly nowMs: () => number;
  readonly bytesOf: (reply: Reply) => number;
}

interface Work<Reply> {
  readonly promise: Promise<Reply>;
  readonly controller: AbortController;
  waiting: number;
}

interface Kept<Reply> {
  readonly reply: Reply;
  readonly bytes: number;
  readonly untilMs: number;
}

export class RememberedReplies<Reply> {
  readonly #options: RememberOptions<Reply>;
  readonly #works = new Map<string, Work<Reply>>();
  /** The oldest first. */
  readonly #kept = new Map<string, Kept<Reply>>();
  #bytes = 0;

  constructor(options: RememberOptions<Reply>) {
    this.#options = options;
  }

  get size(): number {
    return this.#kept.size;
  }

  /**
   *   the key is                outcome
   *   remembered                the same reply again
   *   being worked on           the reply of that work
   *   neither                   `make` is called
   *
   * Work is given up when nobody waits for it any longer. Failures are not remembered.
   */
  async get(
    key: string,
    signal: AbortSignal,
    make: (signal: AbortSignal) => Promise<Reply>,
  ): Promise<{ readonly reply: Reply; readonly isNew: boolean }> {
    signal.throwIfAborted();
    this.#forget();
    const kept = this.#kept.get(key);
    if (kept !== undefined) return { reply: kept.reply, isNew: false };
    const known = this.#works.get(key);
    const work = known ?? this.#begin(key, make);
    return { reply: await this.#await(key, work, signal), isNew: known === undefined };
  }

  #begin(key: string, make: (signal: AbortSignal) => Promise<Reply>): Work<Reply> {
    const controller = new AbortController();
    const work: Work<Reply> = { promise: make(controller.signal), controller, waiting: 0 };
    this.#works.set(key, work);
    const ended = (): void => {
      if (this.#works.get(key) === work) this.#works.delete(key);
    };
    work.promise.then((reply) => {
      ended();
      if (!controller.signal.aborted) this.#keep(key, reply);
    }, ended);
    return work;
  }

  async #await(key: string, work: Work<Reply>, signal: AbortSignal): Promise<Reply> {
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => {
      reject(signal.reason);
      work.waiting -= 1;
      if (work.waiting > 0) return;
      // Whoever asks from now on begins anew.
      if (this.#works.get(key) === work) this.#works.delete(key);
      work.controller.abort(signal.reason);
    };
    work.waiting += 1;
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([work.promise, givenUp]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #keep(key: string, reply: Reply): void {
    const { bytesMax, bytesOf, keepMs, nowMs, repliesMax } = this.#options;
    const bytes = bytesOf(reply);
    if (bytes > bytesMax) return;
    this.#kept.set(key, { reply, bytes, untilMs: nowMs() + keepMs });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= repliesMax && this.#bytes <= bytesMax) return;
      this.#drop(oldest);
    }
  }

  #forget(): void {
    const nowMs = this.#options.nowMs();
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
