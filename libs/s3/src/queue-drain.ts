/**
 * Takes messages of one queue for as long as they are accepted. A message is removed when all that
 * it caused is durable, and hidden from others until then; what is not removed comes again.
 */
import { backoffMs, TransientError, Wakeup, type Chance, type Clock } from "@tidemark/pipeline";
import { DrainGauge } from "./drain-gauge.ts";
import { messagesTogetherMax, type Queue, type QueueMessage } from "./queue.ts";

export interface QueueDrainOptions {
  readonly queue: Queue;
  /** When it resolves, all that the messages caused is durable. */
  readonly accept: (messages: readonly QueueMessage[]) => Promise<void>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly onTrouble: (problem: string) => void;
  readonly waitMs?: number;
  readonly hiddenMs?: number;
}

/** The longest that SQS waits. */
const waitMsDefault = 20_000;
export const hiddenMsDefault = 60_000;
/** Hidden again so many times within the time that they are hidden for. */
const hidesPerTerm = 3;
/** Accepted, and not yet removed, by each that takes. */
const batchesAtOnceMax = 4;
/** What is told last waits behind all that waits: one alone is too slow for thousands. */
const helpersMax = 7;
/** So many together say that more waits. */
const manyMessages = messagesTogetherMax / 2;
/** How long a helper waits before it finds that nothing more does. */
const helpersWaitMs = 1_000;
/** A queue that answers this much later than it was asked to is taken for one that does not. */
const lateMs = 5_000;

export class QueueDrain {
  readonly #options: QueueDrainOptions;
  readonly #hiddenMs: number;
  readonly #busy = new Wakeup();
  readonly gauge: DrainGauge;
  #refusal: string | null = null;
  /** Until when each question is to be answered. */
  readonly #asked = new Set<{ readonly byMs: number }>();

  constructor(options: QueueDrainOptions) {
    this.#options = options;
    this.#hiddenMs = options.hiddenMs ?? hiddenMsDefault;
    this.gauge = new DrainGauge(options.clock.nowMs());
  }

  /** What is wrong with the queue; null while it answers. */
  get trouble(): string | null {
    const nowMs = this.#options.clock.nowMs();
    const isSilent = [...this.#asked].some(({ byMs }) => nowMs > byMs);
    return this.#refusal ?? (isSilent ? `queue ${this.#options.queue.name} does not answer` : null);
  }

  /**
   * Until the signal; what is in work then is finished or left to come again. Nobody takes more
   * before what he took is accepted.
   */
  async run(signal: AbortSignal): Promise<void> {
    const bug = new AbortController();
    const stop = AbortSignal.any([signal, bug.signal]);
    stop.addEventListener("abort", () => this.#busy.ring(), { once: true });
    await Promise.all([
      this.#takeAlways(stop, bug),
      ...Array.from({ length: helpersMax }, () => this.#help(stop, bug)),
    ]);
  }

  async #takeAlways(stop: AbortSignal, bug: AbortController): Promise<void> {
    const { chance, clock, waitMs = waitMsDefault } = this.#options;
    const removing = new Set<Promise<void>>();
    for (let failures = 0; !stop.aborted;) {
      // Whether one that refused answers again is to be known soon.
      const patienceMs = failures > 0 ? helpersWaitMs : waitMs;
      const taken = await this.#take({ stop, bug, waitMs: patienceMs, removing });
      failures = taken === null ? failures + 1 : 0;
      if (failures > 0) await clock.sleep(backoffMs(failures, chance()), stop);
    }
    await Promise.all(removing);
  }

  /** Takes only while more waits than one alone can take. */
  async #help(stop: AbortSignal, bug: AbortController): Promise<void> {
    const removing = new Set<Promise<void>>();
    while (!stop.aborted) {
      await this.#busy.next();
      let taken: number | null = manyMessages;
      while (!stop.aborted && taken !== null && taken >= manyMessages) {
        taken = await this.#take({ stop, bug, waitMs: helpersWaitMs, removing });
      }
    }
    await Promise.all(removing);
  }

  /** How many were taken and accepted; null when the queue did not answer. */
  async #take(taker: {
    readonly stop: AbortSignal;
    readonly bug: AbortController;
    readonly waitMs: number;
    readonly removing: Set<Promise<void>>;
  }): Promise<number | null> {
    const { bug, removing, stop, waitMs } = taker;
    const messages = await this.#poll(waitMs, stop);
    if (messages === null || messages.length === 0) return messages && 0;
    if (messages.length >= manyMessages) this.#busy.ring();
    const { accepted, removed } = this.#work(messages, stop);
    removing.add(removed);
    const forget = () => removing.delete(removed);
    // What failed stays, and is thrown below.
    removed.then(forget, () => bug.abort());
    await Promise.race([accepted, removed]);
    if (removing.size >= batchesAtOnceMax) await Promise.race(removing);
    return messages.length;
  }

  /** Null when the queue did not answer. */
  async #poll(waitMs: number, signal: AbortSignal): Promise<readonly QueueMessage[] | null> {
    const { clock, onTrouble, queue } = this.#options;
    const beganAtMs = clock.nowMs();
    const asked = { byMs: beganAtMs + waitMs + lateMs };
    this.#asked.add(asked);
    try {
      const messages = await queue.receive({ waitMs, hiddenMs: this.#hiddenMs, signal });
      this.gauge.polled({ beganAtMs, atMs: clock.nowMs(), messages });
      this.#refusal = null;
      return messages;
    } catch (error) {
      if (signal.aborted) return [];
      if (!(error instanceof TransientError)) throw error;
      onTrouble(error.message);
      this.#refusal = error.message;
      return null;
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** Both reject on a bug; what the queue itself refuses is reported and comes again. */
  #work(
    messages: readonly QueueMessage[],
    signal: AbortSignal,
  ): { readonly accepted: Promise<boolean>; readonly removed: Promise<void> } {
    const accepted = this.#insist(messages, signal);
    return { accepted, removed: this.#removeOnce(accepted, messages) };
  }

  async #removeOnce(accepted: Promise<boolean>, messages: readonly QueueMessage[]): Promise<void> {
    const done = new AbortController();
    const hiding = this.#keepHidden(messages, done.signal);
    try {
      if (await accepted) await this.#remove(messages);
    } finally {
      done.abort();
      await hiding;
      this.gauge.done(messages, this.#options.clock.nowMs());
    }
  }

  async #remove(messages: readonly QueueMessage[]): Promise<void> {
    const { onTrouble, queue } = this.#options;
    try {
      await queue.remove(messages);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      // They come again, and find nothing new.
      onTrouble(error.message);
    }
  }

  /** Until they are accepted; false when the signal comes first. */
  async #insist(messages: readonly QueueMessage[], signal: AbortSignal): Promise<boolean> {
    const { accept, chance, clock, onTrouble } = this.#options;
    for (let failures = 0; ;) {
      try {
        await accept(messages);
        return true;
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        if (failures === 0) onTrouble(error.message);
        failures += 1;
        if (signal.aborted) return false;
        await clock.sleep(backoffMs(failures, chance()), signal);
        if (signal.aborted) return false;
      }
    }
  }

  async #keepHidden(messages: readonly QueueMessage[], done: AbortSignal): Promise<void> {
    const { clock, onTrouble, queue } = this.#options;
    while (!done.aborted) {
      await clock.sleep(this.#hiddenMs / hidesPerTerm, done);
      if (done.aborted) return;
      try {
        await queue.hide(messages, this.#hiddenMs);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        onTrouble(error.message);
      }
    }
  }
}
