/** Deletes that only an absence tells of: after a truncate, after a full snapshot; held when many. */
import type { GenerationId, HoldLimits, SourceName } from "@tidemark/domain";
import {
  closeAbsent,
  TransientError,
  untilRestricted,
  type Clock,
  type EventLog,
  type PipelineLogger,
  type ReconcileReport,
  type VectorIndex,
} from "@tidemark/pipeline";
import type { PendingClose } from "./line-state.ts";

export interface PendingClosesOptions {
  readonly source: SourceName;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly limits: HoldLimits;
  readonly generation: () => GenerationId;
  readonly pending: () => readonly PendingClose[];
  /** These are applied: what is looked at again finds nothing. */
  readonly done: (closes: readonly PendingClose[]) => void;
}

/** What is held is counted anew this often. */
const lookAgainMs = 60_000;
const tryAgainMs = 1_000;
/** Of what is doubtful, every one is held. */
const holdAll: HoldLimits = { above: 0, share: 0 };

export class PendingCloses {
  readonly #options: PendingClosesOptions;
  #running: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  #looked: { readonly pending: string; readonly atMs: number } | null = null;
  #held = 0;
  #triedAtMs = 0;
  #bug: { readonly error: unknown } | null = null;

  constructor(options: PendingClosesOptions) {
    this.#options = options;
  }

  get held(): number {
    return this.#held;
  }

  /** @throws what the last run found that is a bug */
  get isDue(): boolean {
    const { clock, pending } = this.#options;
    if (this.#bug) throw this.#bug.error;
    const now = JSON.stringify(pending());
    if (this.#isRunning || now === "[]") return false;
    if (clock.nowMs() - this.#triedAtMs < tryAgainMs) return false;
    if (this.#looked?.pending !== now) return true;
    return clock.nowMs() - this.#looked.atMs > lookAgainMs;
  }

  /** Beside everything else: what reads on need not wait for what restricts. */
  start(signal: AbortSignal, told: (report: ReconcileReport) => void): void {
    const { clock, logger, source } = this.#options;
    this.run({ confirmed: null, signal }).then(told, (error: unknown) => {
      if (error instanceof TransientError) {
        this.#triedAtMs = clock.nowMs();
        logger.warn({ source, problem: error.message }, "deletes wait");
      } else {
        this.#bug = { error };
      }
    });
  }

  /** All that are pending; what is held stays so. With `confirmed` up to so many are applied anyway. */
  run(how: {
    readonly confirmed: number | null;
    readonly signal: AbortSignal;
  }): Promise<ReconcileReport> {
    this.#isRunning = true;
    const running = this.#running.catch(() => {}).then(() => this.#run(how));
    this.#running = running;
    return running.finally(() => {
      if (this.#running === running) this.#isRunning = false;
    });
  }

  async #run({
    confirmed,
    signal,
  }: {
    readonly confirmed: number | null;
    readonly signal: AbortSignal;
  }): Promise<ReconcileReport> {
    const { clock, done, limits, logger, pending, source } = this.#options;
    const beganAtMs = clock.nowMs();
    const generation = this.#options.generation();
    const due = pending();
    const counts = { absent: 0, applied: 0, held: 0 };
    if (due.length > 0) await untilRestricted({ ...this.#options, generation }, signal);
    for (const close of due) {
      // What was not looked at is as it was.
      if (signal.aborted) return this.report({ applied: counts.applied });
      const { epoch, isDoubtful, position, prefix } = close;
      const report = await closeAbsent(
        { ...this.#options, generation, limits: isDoubtful ? holdAll : limits },
        {
          prefix,
          below: { epoch, position },
          confirmed: confirmed === null ? null : confirmed - counts.applied,
        },
      );
      counts.absent += report.absent;
      counts.applied += report.applied;
      counts.held += report.held;
      if (report.held === 0) done([close]);
    }
    if (counts.held > 0 && counts.held !== this.#held) {
      logger.warn({ source, held: counts.held, reason: "too-many" }, "deletes are held");
    }
    this.#held = counts.held;
    this.#looked = { pending: JSON.stringify(pending()), atMs: clock.nowMs() };
    return this.report({ ...counts, tookMs: clock.nowMs() - beganAtMs });
  }

  report({
    absent = 0,
    applied = 0,
    held = this.#held,
    tookMs = 0,
  }: {
    readonly absent?: number;
    readonly applied?: number;
    readonly held?: number;
    readonly tookMs?: number;
  } = {}): ReconcileReport {
    return {
      source: this.#options.source,
      listed: 0,
      missing: 0,
      stale: 0,
      orphaned: absent,
      held,
      heldReason: held > 0 ? "too-many" : null,
      applied,
      tookMs,
    };
  }
}
