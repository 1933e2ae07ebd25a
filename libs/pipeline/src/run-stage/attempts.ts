/**
 * Handling a batch until it is done: again after an outage, halved until a poisonous document
 * stands alone, which is then set aside so that the rest goes on.
 */
import { OverloadedError, PoisonError, TransientError } from "../errors.ts";
import type { RecordPlace } from "../ports/event-log.ts";
import { backoffMs, Breaker, isPoisonedByRetries } from "./backoff.ts";
import { publishDeadLetters, type DeadLetter } from "./dead-letters.ts";
import type { Entry } from "./pending-documents.ts";
import type { RunnerOptions } from "./runner-options.ts";
import type { SetAside, Stage, Task } from "./stage.ts";

interface Surroundings<T> {
  /** The offsets that could be acknowledged if these records were done. */
  completing(records: Iterable<RecordPlace>): ReadonlyMap<number, number>;
  completed(tasks: readonly Task<Entry<T>>[]): void;
  troubled(trouble: string): void;
  /** Under which name the index keeps the group's progress. */
  progressTopic(): string;
  /** How far the group is in a partition, as the index has it; undefined until it is known. */
  reached(partition: number): number | undefined;
}

interface History {
  readonly attempts: number;
  /** By who failed it, since it first did. */
  readonly successesBefore: Map<string | null, number>;
}

/** Failures of a batch after which its documents are tried one by one. */
const attemptsTogetherMax = 2;

export class Attempts<T> {
  readonly breaker = new Breaker();
  readonly #stage: Stage<T>;
  readonly #options: Required<RunnerOptions>;
  readonly #around: Surroundings<T>;

  constructor(stage: Stage<T>, options: Required<RunnerOptions>, around: Surroundings<T>) {
    this.#stage = stage;
    this.#options = options;
    this.#around = around;
  }

  /** False when aborted before it was done: nothing is acknowledged then. */
  handle(tasks: readonly Task<Entry<T>>[], signal: AbortSignal): Promise<boolean> {
    return this.#try(tasks, signal, { attempts: 0, successesBefore: new Map() });
  }

  async #try(
    tasks: readonly Task<Entry<T>>[],
    signal: AbortSignal,
    history: History,
  ): Promise<boolean> {
    const { attemptsMax, chance, clock, observer } = this.#options;
    for (let attempts = history.attempts + 1; !signal.aborted; attempts += 1) {
      try {
        await this.#stage.handle(
          tasks.map((task) => this.#coalesced(task)),
          {
            progressFor: () => this.#progressOf(tasks),
            proves: (dependency) => this.breaker.proves(dependency),
            signal,
          },
        );
        this.breaker.succeeded();
        this.#around.completed(tasks);
        return true;
      } catch (error) {
        // Whoever was told to stop says so with the signal's own reason: that is no bug.
        if (signal.aborted && error === signal.reason) return false;
        if (error instanceof PoisonError) return this.#poisoned(tasks, signal, error, attempts);
        if (!(error instanceof TransientError)) throw error;
        this.breaker.failed();
        this.#around.troubled(error.message);
        observer.retry(this.#stage.name, error.name);
        const othersSucceeded = this.#othersSucceeded(error, history);
        const mayBePoison = this.#stage.waitsForEver !== true && !asksToWait(error);
        if (mayBePoison && isPoisonedByRetries({ attempts, attemptsMax, othersSucceeded })) {
          const given = new PoisonError("retries-exhausted", error.message, { cause: error });
          return this.#poisoned(tasks, signal, given, attempts);
        }
        if (tasks.length > 1 && attempts >= attemptsTogetherMax && !this.breaker.isOpen) {
          return this.#each(tasks, signal, { ...history, attempts });
        }
        const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(attempts, chance()));
        await clock.sleep(waitMs, signal);
      }
    }
    return false;
  }

  #othersSucceeded({ dependency }: TransientError, { successesBefore }: History): boolean {
    const now = this.breaker.successes(dependency);
    const before = successesBefore.get(dependency);
    if (before === undefined) successesBefore.set(dependency, now);
    return before !== undefined && now > before;
  }

  /** Halves a batch until the one bad document stands alone. */
  async #poisoned(
    tasks: readonly Task<Entry<T>>[],
    signal: AbortSignal,
    error: PoisonError,
    attempts: number,
  ): Promise<boolean> {
    const only = tasks[0];
    if (tasks.length === 1 && only) {
      const isAside = await this.#patiently(signal, () => this.#setAside(only, error, attempts));
      if (isAside) this.#around.completed(tasks);
      return isAside;
    }
    const half = Math.ceil(tasks.length / 2);
    const first = await this.handle(tasks.slice(0, half), signal);
    const second = await this.handle(tasks.slice(half), signal);
    return first && second;
  }

  async #each(
    tasks: readonly Task<Entry<T>>[],
    signal: AbortSignal,
    history: History,
  ): Promise<boolean> {
    const outcomes = await Promise.all(tasks.map((task) => this.#try([task], signal, history)));
    return outcomes.every(Boolean);
  }

  async #setAside(task: Task<Entry<T>>, error: PoisonError, attempts: number): Promise<void> {
    const place = await this.#stage.setAside(this.#coalesced(task), error, attempts);
    const record = task.items.at(-1)?.record;
    if (record) await this.#publish(record, error, attempts, place);
  }

  /** A record nobody can read; its key is all that is known of it. False when aborted before. */
  setRecordAside(record: RecordPlace, error: PoisonError, signal: AbortSignal): Promise<boolean> {
    const place = { documentId: record.key, revision: null };
    return this.#patiently(signal, () => this.#publish(record, error, 1, place));
  }

  /** Setting aside meets outages like everything else. False when aborted before it was done. */
  async #patiently(signal: AbortSignal, attempt: () => Promise<void>): Promise<boolean> {
    const { chance, clock, observer } = this.#options;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await attempt();
        return true;
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        this.#around.troubled(error.message);
        observer.retry(this.#stage.name, error.name);
        await clock.sleep(backoffMs(failures, chance()), signal);
      }
    }
    return false;
  }

  async #publish(
    record: RecordPlace,
    error: PoisonError,
    attempts: number,
    place: SetAside,
  ): Promise<void> {
    const { clock, generation, log, logger, observer } = this.#options;
    const { group, lettersOf, name: stage } = this.#stage;
    const { topic, partition, offset } = record;
    const { reason, message } = error;
    const letter: DeadLetter = {
      stage,
      group: lettersOf ?? group,
      generation,
      documentId: place.documentId,
      revision: place.revision,
      chunk: place.chunk ?? null,
      topic,
      partition,
      offset,
      reason,
      message,
      attempts,
      atMs: clock.nowMs(),
      state: "open",
    };
    await publishDeadLetters(log, [letter]);
    observer.deadLetter(stage, reason);
    logger.warn({ stage, document: place.documentId, reason }, "dead letter");
  }

  #coalesced(task: Task<Entry<T>>): Task<T> {
    const items = task.items.map((entry) => entry.item);
    const isOne = items.length < 2;
    return { key: task.key, items: isOne ? items : (this.#stage.coalesce?.(items) ?? items) };
  }

  #progressOf(tasks: readonly Task<Entry<T>>[]) {
    const { group } = this.#stage;
    const topic = this.#around.progressTopic();
    const records = tasks.flatMap((task) => task.items.map((entry) => entry.record));
    return [...this.#around.completing(records)].flatMap(([partition, offset]) => {
      const from = this.#around.reached(partition);
      return from === undefined ? [] : { topic, group, partition, offset, from };
    });
  }
}

/** A full queue, or another side that named a time: neither is any document's fault. */
function asksToWait(error: TransientError): boolean {
  return error instanceof OverloadedError || error.retryAfterMs !== undefined;
}
