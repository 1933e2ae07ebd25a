/**
 * Takes, handles, acknowledges. Reads ahead within a bound so that what is urgent overtakes what
 * is not; within a document order is kept. An offset is acknowledged when it and all before it are
 * done, and not before: everything may happen twice.
 */
import { ProgressTracker, CoalescingClock, decodeMarker, type Marker } from "@tidemark/domain";
import { PoisonError, TransientError } from "../errors.ts";
import type { PipelineObserver } from "../observer.ts";
import type { EventLog, LogConsumer, LogRecord } from "../ports/event-log.ts";
import type { Progress, VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";
import { backoffMs, Breaker, isPoisonedByRetries } from "./backoff.ts";
import { publishDeadLetters } from "./dead-letters.ts";
import { ReadyQueue, type Urgency } from "./ready-queue.ts";
import type { Stage, Task } from "./stage.ts";
import { Wakeup } from "./wakeup.ts";

export interface RunnerOptions {
  readonly log: EventLog;
  /** The index whose progress the group's offset must not be ahead of; null for a stage without. */
  readonly index: VectorIndex | null;
  readonly generation: string | null;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly observer: PipelineObserver;
  readonly lookaheadRecordsMax?: number;
  readonly lookaheadBytesMax?: number;
  readonly attemptsMax?: number;
  /** How often offsets and the index's progress are compared. */
  readonly progressCheckMs?: number;
}

interface Entry<T> {
  readonly item: T;
  readonly record: LogRecord;
}

interface Pending<T> {
  entries: Entry<T>[];
  running: boolean;
}

const pollRecordsMax = 1_000;
const pollBytesMax = 4 << 20;
const pollWaitMs = 1_000;
const acknowledgeEveryMs = 200;

export class StageRunner<T> {
  readonly #stage: Stage<T>;
  readonly #options: Required<RunnerOptions>;
  readonly #pending = new Map<string, Pending<T>>();
  readonly #ready = new ReadyQueue();
  readonly #trackers = new Map<number, ProgressTracker>();
  readonly #acknowledged = new Map<number, number>();
  readonly #markers = new Map<number, { offset: number; marker: Marker }[]>();
  readonly #quiet = new CoalescingClock();
  readonly #windowed = new Set<string>();
  readonly #breaker = new Breaker();
  readonly #wakeup = new Wakeup();
  #bytes = 0;
  #records = 0;
  #running = 0;
  #trouble: string | null = null;
  #rewound = false;
  #bug: { readonly error: unknown } | null = null;

  constructor(stage: Stage<T>, options: RunnerOptions) {
    this.#stage = stage;
    this.#options = {
      lookaheadRecordsMax: 50_000,
      lookaheadBytesMax: 48 << 20,
      attemptsMax: 8,
      progressCheckMs: 30_000,
      ...options,
    };
  }

  /** Records taken and not yet done. */
  get waiting(): number {
    return this.#records;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Runs until aborted; then finishes what is in the air. Rejects on a bug. */
  async run(signal: AbortSignal): Promise<"stopped" | "rewound"> {
    const { log } = this.#options;
    await using consumer = await log.consumer(this.#stage.topic, this.#stage.group);
    await this.#patiently("index", signal, () => this.#rewindIfBehind(consumer));
    const stop = AbortSignal.any([signal, this.#wakeup.failure]);
    stop.addEventListener("abort", () => this.#wakeup.ring(), { once: true });
    await Promise.all([
      this.#guarded(() => this.#fetchLoop(consumer, stop)),
      this.#guarded(() => this.#dispatchLoop(stop)),
      this.#guarded(() => this.#acknowledgeLoop(consumer, stop)),
    ]);
    await this.#wakeup.until(() => this.#running === 0);
    if (this.#bug) throw this.#bug.error;
    if (this.#rewound) return "rewound";
    await this.#acknowledge(consumer).catch(ignoreTransient);
    return "stopped";
  }

  async #guarded(loop: () => Promise<void>): Promise<void> {
    try {
      await loop();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#bug ??= { error };
    this.#wakeup.fail();
  }

  async #fetchLoop(consumer: LogConsumer, signal: AbortSignal): Promise<void> {
    const { lookaheadBytesMax, lookaheadRecordsMax } = this.#options;
    while (!signal.aborted) {
      const isFull = () => this.#records >= lookaheadRecordsMax || this.#bytes >= lookaheadBytesMax;
      if (isFull()) {
        await this.#wakeup.until(() => !isFull() || signal.aborted);
        continue;
      }
      const records = await this.#patiently("log", signal, () =>
        consumer.poll({
          recordsMax: pollRecordsMax,
          bytesMax: pollBytesMax,
          waitMs: pollWaitMs,
          signal,
        }),
      );
      for (const record of records ?? []) await this.#accept(record);
      if (records && records.length > 0) this.#wakeup.ring();
    }
  }

  async #accept(record: LogRecord): Promise<void> {
    const tracker = this.#trackerOf(record.partition, record.offset);
    if (record.offset < tracker.next) return;
    tracker.start(record.offset);
    const marker = record.value === null ? null : decodeMarker(record.value);
    if (marker) {
      const markers = this.#markers.get(record.partition) ?? [];
      this.#markers.set(record.partition, [...markers, { offset: record.offset, marker }]);
      return;
    }
    try {
      const item = record.value === null ? null : this.#stage.decode(record);
      if (item === null) tracker.complete(record.offset);
      else this.#enqueue({ item, record });
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      await this.#deadLetterRecord(record, error);
      tracker.complete(record.offset);
    }
  }

  #enqueue(entry: Entry<T>): void {
    const key = this.#stage.keyOf(entry.item);
    const pending = this.#pending.get(key) ?? { entries: [], running: false };
    pending.entries.push(entry);
    this.#pending.set(key, pending);
    this.#records += 1;
    this.#bytes += entry.record.value?.length ?? 0;
    if (!pending.running) this.#schedule(key, pending);
  }

  /** Makes a document ready, at once or when its window ends. */
  #schedule(key: string, pending: Pending<T>): void {
    const newest = pending.entries.at(-1);
    if (!newest) return;
    const urgency = Math.min(
      ...pending.entries.map((entry) => this.#stage.urgencyOf(entry.item)),
    ) as Urgency;
    const window = this.#stage.windowOf?.(newest.item) ?? null;
    const waitMs = window ? this.#quiet.waitOf(key, window, this.#options.clock.nowMs()) : 0;
    if (!window || waitMs === 0) {
      this.#windowed.delete(key);
      this.#ready.add(key, urgency);
      return;
    }
    if (this.#windowed.has(key)) return;
    this.#windowed.add(key);
    if (this.#windowed.size >= window.documentsMax) {
      for (const waitingKey of this.#windowed) this.#ready.add(waitingKey, urgency);
      this.#windowed.clear();
      return;
    }
    void this.#options.clock.sleep(waitMs, this.#wakeup.failure).then(() => {
      if (!this.#windowed.delete(key)) return;
      this.#ready.add(key, urgency);
      this.#wakeup.ring();
    });
  }

  async #dispatchLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const tasks = this.#nextTasks();
      if (tasks.length > 0) {
        this.#running += 1;
        void this.#guarded(() => this.#work(tasks, signal)).then(() => {
          this.#running -= 1;
          this.#wakeup.ring();
        });
        continue;
      }
      await this.#wakeup.next();
    }
  }

  /** One slot is kept for restrictions and live changes, so that a backfill never fills them all. */
  #nextTasks(): Task<Entry<T>>[] {
    const { concurrency, documentsMax } = this.#stage;
    const allowed = this.#breaker.isOpen ? 1 : concurrency + 1;
    if (this.#running >= allowed) return [];
    const onlyUrgent = !this.#breaker.isOpen && this.#running >= concurrency;
    const tasks: Task<Entry<T>>[] = [];
    for (const key of this.#ready.take(documentsMax, onlyUrgent ? 1 : 3)) {
      const pending = this.#pending.get(key);
      if (!pending || pending.running) continue;
      pending.running = true;
      tasks.push({ key, items: pending.entries });
      pending.entries = [];
      if (this.#stage.windowOf) this.#quiet.ran(key, this.#options.clock.nowMs());
    }
    return tasks;
  }

  async #work(tasks: readonly Task<Entry<T>>[], signal: AbortSignal): Promise<void> {
    const live = tasks.map((task) => ({ key: task.key, items: this.#coalesced(task.items) }));
    const finished = await this.#handle(live, tasks, signal, {
      attempts: 0,
      successesBefore: this.#breaker.successes,
    });
    if (!finished) return;
    for (const task of tasks) this.#release(task.key);
  }

  #coalesced(entries: readonly Entry<T>[]): readonly Entry<T>[] {
    if (!this.#stage.coalesce || entries.length < 2) return entries;
    const kept = new Set(this.#stage.coalesce(entries.map((entry) => entry.item)));
    return entries.filter((entry) => kept.has(entry.item));
  }

  /** False when aborted before it was done: nothing is acknowledged then. */
  async #handle(
    tasks: readonly Task<Entry<T>>[],
    taken: readonly Task<Entry<T>>[],
    signal: AbortSignal,
    history: { readonly attempts: number; readonly successesBefore: number },
  ): Promise<boolean> {
    let { attempts } = history;
    while (!signal.aborted) {
      try {
        await this.#stage.handle(tasks.map(withoutRecords), {
          progressFor: () => this.#progressFor(taken),
          signal,
        });
        this.#breaker.succeeded();
        this.#setTrouble(null);
        this.#complete(taken);
        return true;
      } catch (error) {
        if (error instanceof PoisonError) return this.#poisoned(tasks, taken, signal, error);
        if (!(error instanceof TransientError)) throw error;
        attempts += 1;
        this.#breaker.failed();
        this.#setTrouble(error.message);
        this.#options.observer.retry(this.#stage.name, error.name);
        const othersSucceeded = this.#breaker.successes > history.successesBefore;
        const { attemptsMax } = this.#options;
        if (isPoisonedByRetries({ attempts, attemptsMax, othersSucceeded })) {
          const given = new PoisonError("retries-exhausted", error.message, { cause: error });
          return this.#poisoned(tasks, taken, signal, given, attempts);
        }
        if (tasks.length > 1 && attempts >= 2 && !this.#breaker.isOpen) {
          return this.#each(tasks, taken, signal, { ...history, attempts });
        }
        const waitMs = Math.max(
          error.retryAfterMs ?? 0,
          backoffMs(attempts, this.#options.chance()),
        );
        await this.#options.clock.sleep(waitMs, signal);
      }
    }
    return false;
  }

  /** Halves a batch until the one bad document stands alone. */
  async #poisoned(
    tasks: readonly Task<Entry<T>>[],
    taken: readonly Task<Entry<T>>[],
    signal: AbortSignal,
    error: PoisonError,
    attempts = 1,
  ): Promise<boolean> {
    const only = tasks[0];
    if (tasks.length === 1 && only) {
      await this.#setAside(only, error, attempts);
      this.#complete(taken);
      return true;
    }
    const half = Math.ceil(tasks.length / 2);
    const history = { attempts: 0, successesBefore: this.#breaker.successes };
    const first = await this.#handle(tasks.slice(0, half), taken.slice(0, half), signal, history);
    const second = await this.#handle(tasks.slice(half), taken.slice(half), signal, history);
    return first && second;
  }

  async #each(
    tasks: readonly Task<Entry<T>>[],
    taken: readonly Task<Entry<T>>[],
    signal: AbortSignal,
    history: { readonly attempts: number; readonly successesBefore: number },
  ): Promise<boolean> {
    const outcomes = await Promise.all(
      tasks.map((task, index) =>
        this.#handle([task], taken.slice(index, index + 1), signal, history),
      ),
    );
    return outcomes.every(Boolean);
  }

  async #setAside(task: Task<Entry<T>>, error: PoisonError, attempts: number): Promise<void> {
    const { clock, generation, log, logger, observer } = this.#options;
    const place = await this.#stage.setAside(withoutRecords(task), error, attempts);
    const record = task.items.at(-1)?.record;
    if (!record) return;
    await publishDeadLetters(log, [
      {
        stage: this.#stage.name,
        group: this.#stage.group,
        generation,
        documentId: place.documentId,
        revision: place.revision,
        chunk: place.chunk ?? null,
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        reason: error.reason,
        message: error.message,
        attempts,
        atMs: clock.nowMs(),
        state: "open",
      },
    ]);
    observer.deadLetter(this.#stage.name, error.reason);
    logger.warn(
      { stage: this.#stage.name, document: place.documentId, reason: error.reason },
      "dead letter",
    );
  }

  async #deadLetterRecord(record: LogRecord, error: PoisonError): Promise<void> {
    const { clock, generation, log, observer } = this.#options;
    await publishDeadLetters(log, [
      {
        stage: this.#stage.name,
        group: this.#stage.group,
        generation,
        documentId: record.key,
        revision: null,
        chunk: null,
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        reason: error.reason,
        message: error.message,
        attempts: 1,
        atMs: clock.nowMs(),
        state: "open",
      },
    ]);
    observer.deadLetter(this.#stage.name, error.reason);
  }

  #release(key: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    pending.running = false;
    if (pending.entries.length === 0) this.#pending.delete(key);
    else this.#schedule(key, pending);
  }

  #complete(tasks: readonly Task<Entry<T>>[]): void {
    for (const task of tasks) {
      for (const { record } of task.items) {
        this.#trackers.get(record.partition)?.complete(record.offset);
        this.#records -= 1;
        this.#bytes -= record.value?.length ?? 0;
      }
    }
    this.#wakeup.ring();
  }

  #progressFor(tasks: readonly Task<Entry<T>>[]): readonly Progress[] {
    const byPartition = new Map<number, number[]>();
    for (const task of tasks) {
      for (const { record } of task.items) {
        const offsets = byPartition.get(record.partition) ?? [];
        offsets.push(record.offset);
        byPartition.set(record.partition, offsets);
      }
    }
    const { topic, group } = this.#stage;
    return [...byPartition].map(([partition, offsets]) => ({
      topic,
      group,
      partition,
      offset: this.#trackers.get(partition)?.completing(offsets) ?? 0,
    }));
  }

  async #acknowledgeLoop(consumer: LogConsumer, signal: AbortSignal): Promise<void> {
    let checkedAtMs = this.#options.clock.nowMs();
    while (!signal.aborted) {
      await this.#passMarkers(signal);
      await this.#patiently("log", signal, () => this.#acknowledge(consumer));
      if (this.#options.clock.nowMs() - checkedAtMs >= this.#options.progressCheckMs) {
        checkedAtMs = this.#options.clock.nowMs();
        const rewound = await this.#patiently("index", signal, () =>
          this.#rewindIfBehind(consumer),
        );
        if (rewound) {
          this.#rewound = true;
          this.#wakeup.fail();
          return;
        }
      }
      await this.#options.clock.sleep(acknowledgeEveryMs, signal);
    }
  }

  async #acknowledge(consumer: LogConsumer): Promise<void> {
    const { index } = this.#options;
    const { topic, group } = this.#stage;
    for (const [partition, tracker] of this.#trackers) {
      const offset = tracker.next;
      if ((this.#acknowledged.get(partition) ?? -1) >= offset) continue;
      if (index) await index.writeProgress([{ topic, group, partition, offset }]);
      await consumer.acknowledge(partition, offset);
      this.#acknowledged.set(partition, offset);
    }
    const { observer } = this.#options;
    observer.state({
      stage: this.#stage.name,
      group,
      waiting: this.#records,
      trouble: this.#trouble,
    });
  }

  /** Markers go on once all before them is done; they are done themselves when passed on. */
  async #passMarkers(signal: AbortSignal): Promise<void> {
    for (const [partition, markers] of this.#markers) {
      const tracker = this.#trackers.get(partition);
      if (!tracker) continue;
      let next = markers[0];
      while (next && tracker.isDoneBefore(next.offset)) {
        const { marker, offset } = next;
        const passed = await this.#patiently("log", signal, async () => {
          await this.#stage.passMarker(marker, partition);
          return true;
        });
        if (!passed) return;
        tracker.complete(offset);
        markers.shift();
        next = markers[0];
      }
    }
  }

  /** An index behind its group was wiped or restored: the group goes back to where the index is. */
  async #rewindIfBehind(consumer: LogConsumer): Promise<boolean> {
    const { index, logger } = this.#options;
    if (!index) return false;
    let rewound = false;
    const { topic, group } = this.#stage;
    const reached = await index.progress(topic, group);
    for (const [partition, offset] of await consumer.acknowledged()) {
      const indexAt = reached.get(partition) ?? 0;
      if (indexAt >= offset) continue;
      logger.warn({ topic, group, partition, offset, indexAt }, "index is behind its group");
      await consumer.rewind(partition, indexAt);
      rewound = true;
    }
    return rewound;
  }

  #trackerOf(partition: number, offset: number): ProgressTracker {
    const found = this.#trackers.get(partition);
    if (found) return found;
    const tracker = new ProgressTracker(offset);
    this.#trackers.set(partition, tracker);
    return tracker;
  }

  /** Tries until it succeeds or the process stops; undefined when stopped. */
  async #patiently<R>(
    what: string,
    signal: AbortSignal,
    attempt: () => Promise<R>,
  ): Promise<R | undefined> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        this.#setTrouble(`${what}: ${error.message}`);
        this.#options.observer.retry(this.#stage.name, what);
        await this.#options.clock.sleep(backoffMs(failures, this.#options.chance()), signal);
      }
    }
    return undefined;
  }

  #setTrouble(trouble: string | null): void {
    if (trouble !== null && this.#trouble === null) {
      this.#options.logger.warn({ stage: this.#stage.name, trouble }, "stage is waiting");
    }
    this.#trouble = trouble;
  }
}

/** Runs a stage until aborted, anew whenever its group was set back. */
export async function runStage<T>(
  stage: Stage<T>,
  options: RunnerOptions,
  signal: AbortSignal,
  started: (runner: StageRunner<T>) => void = () => {},
): Promise<void> {
  let outcome: "stopped" | "rewound" = "rewound";
  while (outcome === "rewound" && !signal.aborted) {
    const runner = new StageRunner(stage, options);
    started(runner);
    outcome = await runner.run(signal);
  }
}

function ignoreTransient(error: unknown): void {
  if (!(error instanceof TransientError)) throw error;
}

function withoutRecords<T>(task: Task<Entry<T>>): Task<T> {
  return { key: task.key, items: task.items.map((entry) => entry.item) };
}
