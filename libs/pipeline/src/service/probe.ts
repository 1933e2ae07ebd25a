/** The probe of one source: written, looked for, and told of, round after round. */
import {
  afterProbe,
  documentId,
  halfOf,
  msUntilRound,
  probeSentence,
  restingProbe,
  type ProbeEvent,
  type ProbeOutcome,
  type ProbePace,
  type ProbeState,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { ProbeAsker, ProbeSearch, ProbeTarget } from "../ports/probe.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";

/** How the last round went, as whoever asks is told. */
export interface ProbeView {
  readonly documentId: string;
  readonly outcome: ProbeOutcome;
  /** When that was decided. */
  readonly atMs: number;
  readonly writtenAtMs: number;
  /** From the write to the answer that had it; null while it is not found. */
  readonly lagMs: number | null;
  /** From its delete to the answer that lacked it; null while it is not gone. */
  readonly hiddenMs: number | null;
  readonly reason: string | null;
  readonly everyMs: number;
  readonly withinMs: number;
}

export interface ProbeOptions {
  readonly source: SourceName;
  readonly target: ProbeTarget;
  readonly search: ProbeSearch;
  readonly asker: ProbeAsker;
  readonly pace: ProbePace;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly counted: (outcome: ProbeOutcome) => void;
  /** A text was found, after so long. */
  readonly found: (lagMs: number) => void;
  /** A deleted one was gone, after so long. */
  readonly gone: (hiddenMs: number) => void;
  /** A round has ended with all that was waited for. */
  readonly through: (atMs: number) => void;
}

/** Latencies are told this exactly; of what is late anyway, less so. */
const lookEveryMs = 250;
const lookSeldomAfterMs = 15_000;
const lookSeldomEveryMs = 2_000;
const writeWithinMs = 30_000;
const answerWithinMs = 10_000;
const reasonCharsMax = 300;

export class Probe {
  readonly #options: ProbeOptions;
  readonly #documentId: string;
  #state: ProbeState = restingProbe;
  /** A source may go on for long with what it was given up for. */
  #isWriting = false;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#documentId = documentId(options.source, options.target.key);
  }

  get source(): SourceName {
    return this.#options.source;
  }

  /** Null before the first round is decided. */
  get view(): ProbeView | null {
    const { last } = this.#state;
    if (!last) return null;
    const { decidedAtMs, ...rest } = last;
    return { documentId: this.#documentId, atMs: decidedAtMs, ...rest, ...this.#options.pace };
  }

  /** Until aborted; one round at a time. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pace } = this.#options;
    while (!signal.aborted) {
      const untilMs = msUntilRound(this.#state, pace, clock.nowMs());
      if (untilMs === 0) await this.#write(signal);
      else if (this.#isToDelete) await this.#delete(signal);
      else if (this.#state.looking) await this.#look(signal);
      await clock.sleep(this.#restMs(), signal);
    }
  }

  #restMs(): number {
    const { clock, pace } = this.#options;
    const { looking } = this.#state;
    const untilMs = msUntilRound(this.#state, pace, clock.nowMs());
    if (!looking) return untilMs;
    if (this.#isToDelete) return 0;
    const isSeldom = clock.nowMs() - halfOf(looking).sinceMs > lookSeldomAfterMs;
    return Math.min(untilMs, isSeldom ? lookSeldomEveryMs : lookEveryMs);
  }

  get #isToDelete(): boolean {
    const { looking } = this.#state;
    return looking !== null && halfOf(looking).isToDelete;
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#options;
    const writtenAtMs = clock.nowMs();
    const sentence = probeSentence(source, this.#state.rounds + 1, writtenAtMs);
    const round = { sentence, writtenAtMs };
    const { target } = this.#options;
    const reason = await this.#refusal(signal, (bound) => target.write(sentence, bound));
    if (signal.aborted) return;
    if (reason === null) {
      this.#take({ kind: "written", round });
      await this.#look(signal);
    } else this.#take({ kind: "refused", round, reason });
  }

  async #delete(signal: AbortSignal): Promise<void> {
    const { clock, target } = this.#options;
    const atMs = clock.nowMs();
    const reason = await this.#refusal(signal, (bound) => target.delete(bound));
    if (signal.aborted) return;
    this.#take(reason === null ? { kind: "deleted", atMs } : { kind: "kept", reason });
  }

  /** Null when the source has done it. */
  async #refusal(
    signal: AbortSignal,
    change: (bound: AbortSignal) => Promise<void>,
  ): Promise<string | null> {
    if (this.#isWriting) return "an earlier write has not ended";
    this.#isWriting = true;
    return this.#within(writeWithinMs, signal, async (bound) => {
      try {
        await change(bound);
        return null;
      } finally {
        this.#isWriting = false;
      }
    });
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { looking } = this.#state;
    if (!looking) return;
    const { asker, search, source } = this.#options;
    const { sentence } = looking;
    let isFound = false;
    const question = { documentId: this.#documentId, source, asker, sentence };
    const reason = await this.#within(answerWithinMs, signal, async (bound) => {
      isFound = await search.finds(question, bound);
      return null;
    });
    if (signal.aborted) return;
    this.#take(reason === null ? { kind: "searched", isFound } : { kind: "unanswered", reason });
  }

  /** What the work came to, or why it did not in its time. */
  async #within(
    ms: number,
    signal: AbortSignal,
    work: (bound: AbortSignal) => Promise<null>,
  ): Promise<string | null> {
    const done = new AbortController();
    const late = `no answer within ${ms / 1_000} s`;
    const timer = this.#options.clock.sleep(ms, AbortSignal.any([signal, done.signal]));
    try {
      return await Promise.race([
        work(AbortSignal.any([signal, done.signal])).catch(reasonOf),
        timer.then(() => late),
      ]);
    } finally {
      done.abort();
    }

    function reasonOf(error: unknown): string {
      // What was given up for may fail in any way.
      if (done.signal.aborted || signal.aborted) return late;
      if (!(error instanceof TransientError)) throw error;
      return error.message.slice(0, reasonCharsMax);
    }
  }

  #take(event: ProbeEvent): void {
    const { clock, counted, found, gone, logger, pace, source, through } = this.#options;
    const nowMs = clock.nowMs();
    const step = afterProbe(this.#state, event, { nowMs, withinMs: pace.withinMs });
    this.#state = step.state;
    if (step.lagMs !== null) found(step.lagMs);
    if (step.hiddenMs !== null) gone(step.hiddenMs);
    if (step.isThrough) through(nowMs);
    if (step.counted === null) return;
    counted(step.counted);
    if (step.counted === "found") return;
    const reason = step.state.last?.reason ?? null;
    logger.warn({ source, probe: this.#documentId, outcome: step.counted, reason }, "probe");
  }
}
