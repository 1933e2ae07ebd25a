/** What was spent today, by UTC, and whether more may be. Money is in the price's currency. */

export interface BudgetState {
  /** Such as `2026-03-01`. */
  readonly day: string;
  readonly spent: number;
}

export interface BudgetReached {
  readonly spent: number;
  readonly perDay: number;
  /** When the next day begins. */
  readonly untilMs: number;
}

/** Documents stop here, so that a day of indexing leaves questions enough to be answered. */
export const documentShare = 0.95;

const dayMs = 24 * 60 * 60 * 1000;

export class DailyBudget {
  readonly #perDay: number | null;
  #day = "";
  #spent = 0;
  /** Of requests under way, by estimate. */
  #reserved = 0;
  #told = false;

  /** Without an amount there is no limit; what was spent is counted all the same. */
  constructor(perDay: number | null, state: BudgetState | null = null) {
    this.#perDay = perDay;
    if (state) [this.#day, this.#spent] = [state.day, state.spent];
  }

  state(nowMs: number): BudgetState {
    this.#turn(nowMs);
    return { day: this.#day, spent: this.#spent };
  }

  /**
   * Sets an estimate aside until `settle`. Null when it is set aside; else what was reached, with
   * `first` once a day.
   *
   *   spent and set aside     with the estimate   outcome
   *   nothing                 any                 set aside: a request larger than a day's budget
   *   below the limit         within it           set aside
   *   otherwise                                   reached
   */
  reserve(input: {
    readonly estimate: number;
    readonly forQuery: boolean;
    readonly nowMs: number;
  }): (BudgetReached & { readonly first: boolean }) | null {
    this.#turn(input.nowMs);
    const perDay = this.#perDay;
    const committed = this.#spent + this.#reserved;
    const limit = perDay === null ? Infinity : perDay * (input.forQuery ? 1 : documentShare);
    const fits = committed === 0 ? limit > 0 : committed + input.estimate <= limit;
    if (fits || perDay === null) {
      this.#reserved += input.estimate;
      return null;
    }
    const first = !this.#told;
    this.#told = true;
    return { spent: this.#spent, perDay, untilMs: nextDayMs(input.nowMs), first };
  }

  /** A request ended: what was set aside is free again, and what it cost is spent. */
  settle(input: {
    readonly estimate: number;
    readonly cost: number;
    readonly nowMs: number;
  }): void {
    this.#turn(input.nowMs);
    // Sums of fractions do not come back to zero by themselves.
    this.#reserved = Math.max(0, this.#reserved - input.estimate);
    if (this.#reserved < 1e-12) this.#reserved = 0;
    this.#spent += input.cost;
  }

  #turn(nowMs: number): void {
    const day = new Date(nowMs).toISOString().slice(0, 10);
    // A clock that was set back does not give a spent day back.
    if (day <= this.#day) return;
    this.#day = day;
    this.#spent = 0;
    this.#told = false;
  }
}

function nextDayMs(nowMs: number): number {
  return (Math.floor(nowMs / dayMs) + 1) * dayMs;
}
