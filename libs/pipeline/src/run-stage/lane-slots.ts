/** Batches in the air, by lane, and how urgent another one has to be. */
import type { Urgency } from "./ready-queue.ts";

export class LaneSlots {
  readonly #concurrency: number;
  readonly #running = new Map<string, number>();

  /** `concurrency` batches of each lane, and two that are kept. */
  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  begin(lane: string): void {
    this.#running.set(lane, this.#of(lane) + 1);
  }

  end(lane: string): void {
    const left = this.#of(lane) - 1;
    if (left > 0) this.#running.set(lane, left);
    else this.#running.delete(lane);
  }

  /**
   * The least urgent level that may begin now; null for none. One slot is kept for restrictions and
   * live changes, so that a backfill never fills them all, and another for restrictions, so that
   * live changes do not. With `oneAtATime` there is one in all lanes.
   */
  atMost(lane: string, { oneAtATime }: { readonly oneAtATime: boolean }): Urgency | null {
    if (oneAtATime) return this.isIdle ? 3 : null;
    const spare = this.#concurrency - this.#of(lane);
    if (spare > 0) return 3;
    if (spare === 0) return 1;
    return spare === -1 ? 0 : null;
  }

  #of(lane: string): number {
    return this.#running.get(lane) ?? 0;
  }
}
