/** Spreads calls so that no more than so many a second begin. */
import type { Clock } from "@tidemark/pipeline";

export class RateLimit {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #nextAtMs = 0;

  constructor(options: { readonly perSecondMax: number; readonly clock: Clock }) {
    this.#clock = options.clock;
    this.#everyMs = 1_000 / options.perSecondMax;
  }

  /** Resolves when the next call may begin. */
  async turn(signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const atMs = Math.max(nowMs, this.#nextAtMs);
    this.#nextAtMs = atMs + this.#everyMs;
    if (atMs > nowMs) await this.#clock.sleep(atMs - nowMs, signal);
  }
}
