/** Progress from 0 to 1: one line drawn over itself on a terminal, a line each tenth elsewhere. */
import type { Output } from "../output.ts";
import { duration, share } from "./amounts.ts";

const barLength = 30;
const plainStep = 0.1;
const clearLine = "\r\u001B[2K";

export class ProgressBar {
  readonly #output: Output;
  readonly #label: string;
  readonly #nowMs: () => number;
  readonly #startedAtMs: number;
  #said = -plainStep;
  #firstPart: number | null = null;

  constructor(output: Output, { label, nowMs }: { label: string; nowMs: () => number }) {
    this.#output = output;
    this.#label = label;
    this.#nowMs = nowMs;
    this.#startedAtMs = nowMs();
  }

  /** `leftMs` where somebody knows better than the speed so far. */
  update(done: number, leftMs: number | null = null): void {
    const part = Math.min(1, Math.max(0, done));
    this.#firstPart ??= part;
    if (this.#output.isTerminal) this.#output.raw(`${clearLine}${this.#line(part, leftMs)}`);
    else if (part - this.#said >= plainStep - 1e-9) {
      this.#said = part;
      this.#output.line(`${this.#label} ${share(part)}`);
    }
  }

  /** Leaves the last state where it is. */
  end(): void {
    if (this.#output.isTerminal && this.#firstPart !== null) this.#output.raw("\n");
  }

  #line(part: number, leftMs: number | null): string {
    const full = Math.round(part * barLength);
    const bar = this.#output.paint("green", "█".repeat(full)) + "░".repeat(barLength - full);
    const left = leftMs ?? this.#leftMs(part);
    return `${this.#label} ${bar} ${share(part)}${left === null ? "" : ` · ${duration(left)} left`}`;
  }

  /** From the speed so far; nothing is said before there is one. */
  #leftMs(part: number): number | null {
    const made = part - (this.#firstPart ?? 0);
    const tookMs = this.#nowMs() - this.#startedAtMs;
    if (made < 0.01 || tookMs < 1000 || part >= 1) return null;
    return (tookMs * (1 - part)) / made;
  }
}
