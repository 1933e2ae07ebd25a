/**
 * What one process asks another, over the log that both have: no address, no key and no order of
 * starting beside it. An answer that does not come in time is said to be missing; asking again is
 * harmless, since everything that can be asked may be done twice.
 */
import { PoisonError, TransientError } from "../errors.ts";
import { RequestError } from "../operations.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { callsTopic } from "../topics.ts";
import { followTopic } from "./follow-topic.ts";

export interface CallsOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  /** Makes an id that is never used twice. */
  readonly newId: () => string;
}

/** Something that can be asked: its name, of whom, and how long an answer may take. */
export interface Call<I, R> {
  readonly name: string;
  /** For people, such as `ingestor`. */
  readonly of: string;
  readonly withinMs: number;
  /** Neither is there at run time; they bind asking to answering. */
  readonly types?: { readonly input: I; readonly result: R };
}

/** Another process is to answer: this one says nothing. */
export class NotOursError extends Error {
  override name = "NotOursError";
}

/** Which process would answer; null while none is heard of. */
export type Keeper = () => string | null;

/** While an answer is waited for it is looked so often whether its process is still there. */
const keeperPollMs = 1_000;
/** A process that was not heard of for this long, beyond what makes it unknown, does not answer. */
const silentMs = 15_000;

type Handler = (input: never) => Promise<unknown>;

type CallRecord =
  | {
      readonly kind: "ask";
      readonly id: string;
      readonly call: string;
      readonly input: unknown;
      readonly untilMs: number;
    }
  | { readonly kind: "answer"; readonly id: string; readonly result: unknown }
  | {
      readonly kind: "refusal";
      readonly id: string;
      readonly status: number;
      readonly code: string;
      readonly message: string;
    };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #handlers = new Map<string, Handler>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Answers this call, from whichever process it comes; a handler may leave it to another's. */
  answer<I, R>(call: Call<I, R>, handler: (input: I) => Promise<R>): void {
    this.#handlers.set(call.name, handler);
  }

  /**
   * With a `keeper` nobody waits longer than the process that was asked is there.
   *
   * @throws RequestError 504 when nobody answered in time, 503 when whoever was asked went away, and
   * as the other side refused
   */
  async ask<I, R>({ name, of, withinMs }: Call<I, R>, input: I, keeper?: Keeper): Promise<R> {
    const { clock, newId } = this.#options;
    const id = newId();
    const stop = new AbortController();
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    const late = clock.sleep(withinMs, stop.signal).then(() => {
      throw new RequestError(
        504,
        "no-answer",
        `the ${of} did not answer within ${withinMs} ms; is it running?`,
      );
    });
    late.catch(() => {});
    const ends = [answered, late];
    if (keeper) ends.push(this.#untilGone(of, keeper, stop.signal));
    try {
      const untilMs = clock.nowMs() + withinMs;
      await this.#write({ kind: "ask", id, call: name, input, untilMs });
      return (await Promise.race(ends)) as R;
    } finally {
      this.#waiting.delete(id);
      stop.abort();
    }
  }

  /** Rejects once whoever was asked is there no more: who comes after it was not asked. */
  async #untilGone(of: string, keeper: Keeper, signal: AbortSignal): Promise<unknown> {
    const { clock } = this.#options;
    const first = keeper();
    let heardAtMs = clock.nowMs();
    while (!signal.aborted) {
      await clock.sleep(keeperPollMs, signal);
      const now = keeper();
      if (now !== null) heardAtMs = clock.nowMs();
      const isAnother = now !== null && first !== null && now !== first;
      if (!isAnother && clock.nowMs() - heardAtMs <= silentMs) continue;
      if (signal.aborted) break;
      throw new RequestError(
        503,
        "no-answer",
        `the ${of} went away before it had answered; ask again once it runs`,
      );
    }
    return null;
  }

  /** Takes calls and answers until aborted. What was asked before is nobody's any more. */
  run(signal: AbortSignal): Promise<void> {
    return followTopic(this.#options, callsTopic, signal, {
      backRecords: 0,
      take: (value) => this.#take(JSON.parse(value) as CallRecord),
    });
  }

  #take(record: CallRecord): void {
    switch (record.kind) {
      case "ask":
        void this.#handle(record);
        break;
      case "answer":
        this.#waiting.get(record.id)?.resolve(record.result);
        break;
      case "refusal": {
        const { code, message, status } = record;
        this.#waiting.get(record.id)?.reject(new RequestError(status, code, message));
      }
    }
  }

  async #handle(asked: Extract<CallRecord, { kind: "ask" }>): Promise<void> {
    const { clock, logger } = this.#options;
    const handler = this.#handlers.get(asked.call);
    if (!handler || clock.nowMs() > asked.untilMs) return;
    let record: CallRecord;
    try {
      const result = (await handler(asked.input as never)) ?? null;
      record = { kind: "answer", id: asked.id, result };
    } catch (error) {
      if (error instanceof NotOursError) return;
      record = { kind: "refusal", id: asked.id, ...refusalOf(error) };
    }
    try {
      await this.#write(record);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn({ call: asked.call, problem: error.message }, "call is not answered");
    }
  }

  async #write(record: CallRecord): Promise<void> {
    const value = JSON.stringify({ v: 1, ...record });
    await this.#options.log.append(callsTopic, [{ key: record.id, value }]);
  }
}

function refusalOf(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof RequestError) {
    const { code, message, status } = error;
    return { status, code, message };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TransientError) return { status: 503, code: "unavailable", message };
  if (error instanceof PoisonError) return { status: 422, code: error.reason, message };
  return { status: 500, code: "failed", message };
}
