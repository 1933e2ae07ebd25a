/** So many a second at most. How many may change while somebody waits. */
import type { Clock } from "../ports/world.ts";

/** What was left unused for longer is lost, so that no pause is followed by a burst. */
const savedMsMax = 100;
/** A new pace is heard of within this long. */
const waitMsMax = 250;
const msPerSecond = 1_000;

export class Pace {
  readonly #clock: Clock;
  #perSecond: number | null = null;
  #saved = 1;
  #countedAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAtMs = clock.nowMs();
  }

  /** Null for no bound. */
  set(perSecond: number | null): void {
    this.#count();
    this.#perSecond = perSecond;
  }

  /** Resolves when the next one may go. @throws what the signal was aborted with */
  async next(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      this.#count();
      if (this.#perSecond === null) return;
      if (this.#saved >= 1) {
        this.#saved -= 1;
        return;
      }
      const dueMs = ((1 - this.#saved) / this.#perSecond) * msPerSecond;
      await this.#clock.sleep(Math.min(Math.ceil(dueMs), waitMsMax), signal);
    }
  }

  #count(): void {
    const nowMs = this.#clock.nowMs();
    // A clock that stepped back takes nothing away.
    const passedMs = Math.max(0, nowMs - this.#countedAtMs);
    this.#countedAtMs = nowMs;
    if (this.#perSecond === null) return;
    const savedMax = Math.max(1, (this.#perSecond * savedMsMax) / msPerSecond);
    this.#saved = Math.min(savedMax, this.#saved + (passedMs * this.#perSecond) / msPerSecond);
  }
}
