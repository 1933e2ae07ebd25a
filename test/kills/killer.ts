/** Ends its own process with SIGKILL at the planned call. Nothing is closed, nothing is flushed. */
import { closeSync, openSync, writeSync } from "node:fs";
import { formatKill, type KillPlan, type KillStep } from "./kill-step.ts";

/** While a call is under way: the writer needs some 0.1 to 5 ms for one, the embedder longer. */
const duringMsMax: Readonly<Partial<Record<KillStep, number>>> = { embed: 15, points: 4 };
const duringMsMaxDefault = 2;

export class Killer {
  readonly #plan: KillPlan;
  readonly #noteFile: string;
  #armed: boolean;
  #seen = 0;

  constructor(options: {
    readonly plan: KillPlan;
    readonly noteFile: string;
    readonly armed: boolean;
  }) {
    this.#plan = options.plan;
    this.#noteFile = options.noteFile;
    this.#armed = options.armed;
  }

  arm(): void {
    this.#armed = true;
  }

  /** Makes the call, or dies of it. */
  async around<T>(step: KillStep | null, call: () => Promise<T>): Promise<T> {
    const { moment, step: planned, time } = this.#plan;
    if (!this.#armed || step !== planned) return call();
    this.#seen += 1;
    if (this.#seen !== time) return call();
    if (moment === "before") this.#die();
    if (moment === "during") {
      const waitMs = Math.random() * (duringMsMax[planned] ?? duringMsMaxDefault);
      const answered = call();
      this.#dieAfter(waitMs);
      return answered;
    }
    const answer = await call();
    this.#die();
    return answer;
  }

  /** By looking at the clock: a timer is never this early. The other threads go on meanwhile. */
  #dieAfter(waitMs: number): void {
    const endsAtMs = performance.now() + waitMs;
    while (performance.now() < endsAtMs);
    this.#die();
  }

  #die(): void {
    const note = openSync(this.#noteFile, "w");
    writeSync(note, formatKill(this.#plan));
    closeSync(note);
    process.kill(process.pid, "SIGKILL");
  }
}
