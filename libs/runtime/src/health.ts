/**
 * Ready: nothing is known that keeps this process from serving. Live: its event loop runs. Liveness
 * never depends on another process, or one outage would restart all.
 */
export class Readiness {
  readonly #reasons = new Map<string, string>();

  constructor(reasons: Readonly<Record<string, string>> = {}) {
    for (const [name, detail] of Object.entries(reasons)) this.block(name, detail);
  }

  /** Not ready for this reason until it is cleared; the newest detail counts. */
  block(name: string, detail: string): void {
    this.#reasons.set(name, detail);
  }

  clear(name: string): void {
    this.#reasons.delete(name);
  }

  get isReady(): boolean {
    return this.#reasons.size === 0;
  }

  /** Why not, by name; empty when ready. */
  get reasons(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#reasons);
  }
}

export interface EventLoopOptions {
  /** How often the loop is asked to run a timer. */
  readonly everyMs?: number;
  /** Without progress for so long, the process is not live. */
  readonly stalledMsMax?: number;
  readonly nowMs: () => number;
  /** Runs `tick` every so often; the answer stops it. */
  readonly repeat?: (tick: () => void, everyMs: number) => () => void;
}

/** Watches the event loop by a timer of its own. */
export class EventLoopWatch implements Disposable {
  readonly #nowMs: () => number;
  readonly #stalledMsMax: number;
  readonly #everyMs: number;
  readonly #stop: () => void;
  #lastMs: number;
  #lagMsMax = 0;

  constructor({
    everyMs = 250,
    stalledMsMax = 10_000,
    nowMs,
    repeat = repeatUnref,
  }: EventLoopOptions) {
    this.#nowMs = nowMs;
    this.#everyMs = everyMs;
    this.#stalledMsMax = stalledMsMax;
    this.#lastMs = nowMs();
    this.#stop = repeat(() => this.#tick(), everyMs);
  }

  /** Whether the loop ran lately. Asked from a worker or after a stall, it tells the truth. */
  get isLive(): boolean {
    return this.#nowMs() - this.#lastMs <= this.#stalledMsMax;
  }

  /** The worst lag since this was last asked, in milliseconds. */
  takeLagMs(): number {
    const overdueMs = this.#nowMs() - this.#lastMs - this.#everyMs;
    const lagMs = Math.max(this.#lagMsMax, overdueMs, 0);
    this.#lagMsMax = 0;
    return lagMs;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #tick(): void {
    const nowMs = this.#nowMs();
    this.#lagMsMax = Math.max(this.#lagMsMax, nowMs - this.#lastMs - this.#everyMs);
    this.#lastMs = nowMs;
  }
}

function repeatUnref(tick: () => void, everyMs: number): () => void {
  const timer = setInterval(tick, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
