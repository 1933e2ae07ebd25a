/**
 * Lets processes take steps one at a time, in an order that a seed decides. A process stands at a
 * gate before everything it does to the world; there it can be held for long, left for good (a
 * crash between two steps), or told that the step failed.
 */
import { TransientError, type Chance, type Clock } from "@tidemark/pipeline";
import { settled, VirtualClock, type Gate } from "@tidemark/testing";

export interface ProcessOptions {
  /** How wrong its clock is. */
  readonly skewMs: number;
  /** How likely a step is refused before it is done. */
  readonly refusalRate: number;
  /** How often it is chosen, against others: some are much slower than the rest. */
  readonly pace: number;
}

interface Held {
  readonly process: Process;
  readonly step: string;
  readonly open: () => void;
}

export class Process {
  readonly name: string;
  /** Whether its calls may fail. */
  readonly faults: boolean;
  readonly pace: number;
  readonly gate: Gate;
  readonly clock: Clock;
  #isDead = false;
  #isPaused = false;
  readonly #resumed = new Set<() => void>();

  constructor(name: string, scheduler: Scheduler, options: ProcessOptions) {
    this.name = name;
    this.faults = options.refusalRate > 0;
    this.pace = options.pace;
    this.gate = (step) => scheduler.hold(this, step, options.refusalRate);
    this.clock = {
      nowMs: () => scheduler.clock.nowMs() + options.skewMs,
      sleep: async (ms, signal) => {
        await scheduler.clock.sleep(ms, signal);
        await this.#awake();
      },
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Nothing that it waits for ever happens. */
  crash(): void {
    this.#isDead = true;
    this.#resumed.clear();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const resume of this.#resumed) resume();
    this.#resumed.clear();
  }

  #awake(): Promise<void> {
    if (!this.#isDead && !this.#isPaused) return Promise.resolve();
    return new Promise((resolve) => {
      if (!this.#isDead) this.#resumed.add(resolve);
    });
  }
}

export class Scheduler {
  readonly clock = new VirtualClock();
  readonly #chance: Chance;
  #held: Held[] = [];
  #faultsAllowed = true;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** From now on every step that is taken succeeds. */
  calm(): void {
    this.#faultsAllowed = false;
  }

  /** Whether anyone stands at a gate. */
  get isBusy(): boolean {
    return this.#held.some(({ process }) => !process.isDead);
  }

  hold(process: Process, step: string, refusalRate: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const open = () => {
        const refused = this.#faultsAllowed && this.#chance() < refusalRate;
        if (refused) reject(new TransientError(`${step} was refused`));
        else resolve();
      };
      this.#held.push({ process, step, open });
    });
  }

  /**
   * One step of one process, or, when all wait for time to pass, the next moment at which one does
   * not. Null when nothing is left to happen.
   */
  async next(): Promise<string | null> {
    await settled();
    this.#held = this.#held.filter(({ process }) => !process.isDead);
    const ready = this.#held.filter(({ process }) => !process.isPaused);
    const chosen = this.#choose(ready);
    if (chosen) {
      this.#held.splice(this.#held.indexOf(chosen), 1);
      chosen.open();
      await settled();
      return `${chosen.process.name}: ${chosen.step}`;
    }
    const { nextDueMs } = this.clock;
    if (nextDueMs === null) return null;
    await this.clock.advance(nextDueMs - this.clock.nowMs());
    return "";
  }

  #choose(held: readonly Held[]): Held | undefined {
    let roll = this.#chance() * held.reduce((sum, { process }) => sum + process.pace, 0);
    return held.find(({ process }) => (roll -= process.pace) < 0) ?? held.at(-1);
  }
}
