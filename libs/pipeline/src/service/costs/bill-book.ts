/**
 * Bills on their way to the log. What was paid for is written at once; what costs nothing is added up
 * for a moment first. A log that does not answer keeps them waiting, and none is dropped.
 */
import { TransientError } from "../../errors.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { Clock } from "../../ports/world.ts";
import { billsTopic } from "../../topics.ts";
import type { Bill } from "./bill.ts";

const waitMs = 1_000;

export class BillBook implements AsyncDisposable {
  readonly #log: EventLog;
  readonly #clock: Clock;
  #open = new Map<string, Bill>();
  #writing: Promise<void> = Promise.resolve();
  #isWaiting = false;
  readonly #closing = new AbortController();

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  note(bill: Bill): void {
    const day = Math.floor(bill.atMs / (24 * 60 * 60_000));
    const name = [bill.embedder, bill.source, bill.generation, day].join("\n");
    const known = this.#open.get(name);
    const reachedPerDay = bill.reachedPerDay ?? known?.reachedPerDay;
    this.#open.set(name, {
      ...bill,
      ...(reachedPerDay === undefined ? {} : { reachedPerDay }),
      tokens: bill.tokens + (known?.tokens ?? 0),
      cost: bill.cost + (known?.cost ?? 0),
      unconfirmed: bill.unconfirmed + (known?.unconfirmed ?? 0),
    });
    if (bill.cost > 0) void this.flush().catch(() => this.#later());
    else this.#later();
  }

  /** When it resolves, all that was noted before is written. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write());
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    try {
      await this.flush();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
  }

  /** One wait for all that comes meanwhile. */
  #later(): void {
    if (this.#isWaiting || this.#closing.signal.aborted) return;
    this.#isWaiting = true;
    void this.#clock.sleep(waitMs, this.#closing.signal).then(() => {
      this.#isWaiting = false;
      return this.flush().catch(() => this.#later());
    });
  }

  async #write(): Promise<void> {
    const bills = [...this.#open.values()];
    if (bills.length === 0) return;
    this.#open = new Map();
    try {
      await this.#log.append(
        billsTopic,
        bills.map((bill) => ({ key: bill.source, value: JSON.stringify(bill) })),
        { durable: true },
      );
    } catch (error) {
      const since = [...this.#open.values()];
      this.#open = new Map();
      for (const bill of [...bills, ...since]) this.#keep(bill);
      throw error;
    }
  }

  #keep(bill: Bill): void {
    this.#open.set(
      `${bill.embedder}\n${bill.source}\n${bill.generation}\n${this.#open.size}`,
      bill,
    );
  }
}
