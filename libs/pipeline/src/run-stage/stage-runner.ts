/**
 * Takes, handles, acknowledges. Reads ahead within a bound so that what is urgent overtakes what
 * is not. An offset is acknowledged when it and all before it are done, and not before: everything
 * may happen twice.
 */
import { decodeMarker, notAhead } from "@tidemark/domain";
import { OffsetOutOfRangeError, PoisonError, TransientError } from "../errors.ts";
import type { StageState } from "../observer.ts";
import type { LogConsumer, LogRecord } from "../ports/event-log.ts";
import { beganAnew } from "../service/began-anew.ts";
import { Attempts } from "./attempts.ts";
import { backoffMs } from "./backoff.ts";
import { LaneSlots } from "./lane-slots.ts";
import { PartitionOffsets } from "./partition-offsets.ts";
import { PendingDocuments, type Entry } from "./pending-documents.ts";
import { withDefaults, type RunnerOptions } from "./runner-options.ts";
import type { Stage, Task } from "./stage.ts";
import { Wakeup } from "./wakeup.ts";

const pollRecordsMax = 1_000;
const pollBytesMax = 4 << 20;
const pollWaitMs = 1_000;
const acknowledgeEveryMs = 200;

export class StageRunner<T> {
  readonly #stage: Stage<T>;
  readonly #options: Required<RunnerOptions>;
  readonly #offsets = new PartitionOffsets();
  readonly #wakeup = new Wakeup();
  readonly #pending: PendingDocuments<T>;
  readonly #attempts: Attempts<T>;
  /** What the group has acknowledged, by partition; the index is as far, or was set back since. */
  #acknowledged: Map<number, number> = new Map();
  /** Under which name the index keeps the group's progress. */
  #progressTopic = "";
  readonly #slots: LaneSlots;
  #trouble: string | null = null;
  #rewound = false;
  #bug: { readonly error: unknown } | null = null;

  constructor(stage: Stage<T>, options: RunnerOptions) {
    this.#stage = stage;
    this.#slots = new LaneSlots(stage.concurrency);
    this.#options = withDefaults(options);
    const woken = () => this.#wakeup.ring();
    this.#pending = new PendingDocuments(stage, options.clock, woken, this.#wakeup.failure);
    this.#attempts = new Attempts(stage, this.#options, {
      completing: (records) => this.#offsets.completing(records),
      completed: (tasks) => this.#complete(tasks),
      troubled: (trouble) => this.#setTrouble(trouble),
      progressTopic: () => this.#progressTopic,
      reached: (partition) => this.#acknowledged.get(partition),
    });
  }

  /** Records taken and not yet done. */
  get waiting(): number {
    return this.#pending.records;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Runs until aborted; then finishes what is in the air. Rejects on a bug. */
  async run(signal: AbortSignal): Promise<"stopped" | "rewound"> {
    try {
      return await this.#run(signal);
    } finally {
      this.#describe({ waiting: 0, trouble: null, breaker: "closed" });
    }
  }

  async #run(signal: AbortSignal): Promise<"stopped" | "rewound"> {
    const { topic, group } = this.#stage;
    const { log, progressTopic } = this.#options;
    const opened = await this.#patiently("log", signal, async () => {
      this.#progressTopic = await progressTopic(topic);
      return log.consumer(topic, group);
    });
    if (!opened) return "stopped";
    await using consumer = opened;
    await this.#patiently("index", signal, () => this.#compare(consumer, signal));
    await this.#patiently("log", signal, () => this.#learn(consumer));
    const stop = AbortSignal.any([signal, this.#wakeup.failure]);
    stop.addEventListener("abort", () => this.#wakeup.ring(), { once: true });
    await Promise.all([
      this.#guarded(() => this.#fetchLoop(consumer, stop)),
      this.#guarded(() => this.#dispatchLoop(stop)),
      this.#guarded(() => this.#acknowledgeLoop(consumer, stop)),
    ]);
    await this.#wakeup.until(() => this.#slots.isIdle);
    if (this.#bug) throw this.#bug.error;
    if (this.#rewound) return "rewound";
    await this.#acknowledge(consumer).catch(ignoreTransient);
    // Windows that have not ended are nobody's business any more.
    this.#wakeup.fail();
    return "stopped";
  }

  async #guarded(loop: () => Promise<void>): Promise<void> {
    try {
      await loop();
    } catch (error) {
      this.#bug ??= { error };
      this.#wakeup.fail();
    }
  }

  async #fetchLoop(consumer: LogConsumer, signal: AbortSignal): Promise<void> {
    const { lookaheadBytesMax, lookaheadRecordsMax } = this.#options;
    const isFull = () =>
      this.#pending.records >= lookaheadRecordsMax || this.#pending.bytes >= lookaheadBytesMax;
    while (!signal.aborted) {
      if (isFull()) {
        await this.#wakeup.until(() => !isFull() || signal.aborted);
        continue;
      }
      const records = await this.#poll(consumer, signal);
      this.#forget(this.#offsets.hold(consumer.held()));
      for (const record of records ?? []) await this.#accept(record, signal);
      if (records && records.length > 0) this.#wakeup.ring();
    }
  }

  async #poll(consumer: LogConsumer, signal: AbortSignal) {
    const bounds = { recordsMax: pollRecordsMax, bytesMax: pollBytesMax, waitMs: pollWaitMs };
    try {
      return await this.#patiently("log", signal, () => consumer.poll({ ...bounds, signal }));
    } catch (error) {
      if (!(error instanceof OffsetOutOfRangeError) || !this.#options.makeAgain) throw error;
      const { begin, end, partition } = error;
      await this.#goOnAfter({ partition, goesOnAt: end ?? begin }, consumer, signal);
      return [];
    }
  }

  /** In this order: once the group is past what is gone, nobody would ask for it again. */
  async #goOnAfter(
    { goesOnAt, partition }: { readonly partition: number; readonly goesOnAt: number },
    consumer: LogConsumer,
    signal: AbortSignal,
  ): Promise<void> {
    const { index, logger, makeAgain } = this.#options;
    const { group, topic } = this.#stage;
    logger.warn({ topic, group, partition, goesOnAt }, beganAnew.unread);
    await this.#patiently("index", signal, async () => {
      await makeAgain?.(partition);
      const reached = { topic: this.#progressTopic, group, partition, offset: goesOnAt };
      await index?.writeProgress([reached]);
      await consumer.rewind(partition, goesOnAt);
    });
    this.#startAnew();
  }

  #startAnew(): void {
    this.#rewound = true;
    this.#wakeup.fail();
  }

  /** What is being acknowledged meanwhile is noted where nobody looks any more. */
  #forget(lost: readonly number[]): void {
    if (lost.length === 0) return;
    const kept = [...this.#acknowledged].filter(([partition]) => !lost.includes(partition));
    this.#acknowledged = new Map(kept);
    for (const partition of lost) this.#stage.lost?.(partition);
  }

  async #accept(taken: LogRecord, signal: AbortSignal): Promise<void> {
    const { value, ...record } = taken;
    if (!this.#offsets.start(record)) return;
    const marker = value === null ? null : decodeMarker(value);
    if (marker) {
      this.#offsets.await(record, notAhead(marker, this.#options.clock.nowMs()));
      return;
    }
    try {
      const item = value === null ? null : this.#stage.decode(taken);
      if (item === null) this.#offsets.complete(record);
      else this.#pending.add({ item, record, bytes: value?.length ?? 0 });
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      const isAside = await this.#attempts.setRecordAside(record, error, signal);
      if (isAside) this.#offsets.complete(record);
    }
  }

  async #dispatchLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let isIdle = true;
      for (const lane of this.#pending.lanes) {
        const tasks = this.#nextTasks(lane);
        if (tasks.length === 0) continue;
        isIdle = false;
        this.#begin(lane, tasks, signal);
      }
      if (isIdle) await this.#wakeup.next();
    }
  }

  #begin(lane: string, tasks: readonly Task<Entry<T>>[], signal: AbortSignal): void {
    this.#slots.begin(lane);
    void this.#guarded(() => this.#work(tasks, signal)).then(() => {
      this.#slots.end(lane);
      this.#wakeup.ring();
    });
  }

  #nextTasks(lane: string): Task<Entry<T>>[] {
    const atMost = this.#slots.atMost(lane, { oneAtATime: this.#attempts.breaker.isOpen });
    return atMost === null ? [] : this.#pending.take(this.#stage.documentsMax, atMost, lane);
  }

  async #work(tasks: readonly Task<Entry<T>>[], signal: AbortSignal): Promise<void> {
    const finished = await this.#attempts.handle(tasks, signal);
    if (!finished) return;
    for (const task of tasks) this.#pending.release(task.key);
  }

  #complete(tasks: readonly Task<Entry<T>>[]): void {
    this.#setTrouble(null);
    for (const { items } of tasks) {
      this.#pending.forget(items);
      for (const { record } of items) this.#offsets.complete(record);
    }
    this.#wakeup.ring();
  }

  async #acknowledgeLoop(consumer: LogConsumer, signal: AbortSignal): Promise<void> {
    const { clock, progressCheckMs } = this.#options;
    let checkedAtMs = clock.nowMs();
    while (!signal.aborted) {
      await this.#passMarkers(signal);
      // What fails is tried again when the loop comes round: an index that has lost all it had takes
      // no progress before it was compared with its groups.
      await this.#acknowledge(consumer).then(
        () => this.#answered("progress"),
        (error: unknown) => this.#note("progress", error),
      );
      this.#describe();
      if (clock.nowMs() - checkedAtMs >= progressCheckMs) {
        checkedAtMs = clock.nowMs();
        const check = async () => (await this.#isRenamed()) || this.#rewindIfBehind(consumer);
        if (await this.#patiently("index", signal, check)) return this.#startAnew();
      }
      await clock.sleep(acknowledgeEveryMs, signal);
    }
  }

  async #acknowledge(consumer: LogConsumer): Promise<void> {
    const { index } = this.#options;
    const { group } = this.#stage;
    const topic = this.#progressTopic;
    const safe = [...this.#offsets.safe()];
    if (safe.some(([partition]) => !this.#acknowledged.has(partition))) await this.#learn(consumer);
    const acknowledged = this.#acknowledged;
    for (const [partition, offset] of safe) {
      const from = acknowledged.get(partition) ?? 0;
      if (from >= offset) continue;
      if (index) await index.writeProgress([{ topic, group, partition, offset, from }]);
      await consumer.acknowledge(partition, offset);
      acknowledged.set(partition, offset);
    }
  }

  /** Where the group was when its partitions came to be held here. */
  async #learn(consumer: LogConsumer): Promise<void> {
    const found = await consumer.acknowledged();
    this.#acknowledged = new Map([...found, ...this.#acknowledged]);
  }

  async #passMarkers(signal: AbortSignal): Promise<void> {
    await this.#offsets.passMarkers(async (marker, partition) => {
      const passed = await this.#patiently("log", signal, async () => {
        await this.#stage.passMarker(marker, partition);
        return true;
      });
      return passed ?? false;
    });
  }

  /** At the start: a group that knows of nothing, though the index has some of it, does all again. */
  async #compare(consumer: LogConsumer, signal: AbortSignal): Promise<void> {
    const { index, log, logger, makeAgain } = this.#options;
    const { topic, group } = this.#stage;
    if (!index || (await this.#rewindIfBehind(consumer))) return;
    const reached = await index.progress(this.#progressTopic, group);
    const begins = new Map(
      makeAgain ? (await log.ranges(topic)).map(({ begin, partition }) => [partition, begin]) : [],
    );
    for (const [partition, offset] of await consumer.acknowledged()) {
      const indexAt = reached.get(partition) ?? 0;
      const begin = begins.get(partition) ?? 0;
      if (offset > 0) continue;
      if (indexAt > 0) logger.warn({ topic, group, partition, indexAt }, beganAnew.offsets);
      // One that has acknowledged nothing is given what is left, and nobody says what is not.
      if (indexAt < begin) {
        await this.#goOnAfter({ partition, goesOnAt: begin }, consumer, signal);
      }
    }
  }

  /** The index keeps the group's progress under another name: what hangs on it was made anew. */
  async #isRenamed(): Promise<boolean> {
    const { progressTopic } = this.#options;
    return (await progressTopic(this.#stage.topic)) !== this.#progressTopic;
  }

  /** An index behind its group was wiped or restored: the group goes back to where the index is. */
  async #rewindIfBehind(consumer: LogConsumer): Promise<boolean> {
    const { ensureIndex, index, logger } = this.#options;
    if (!index || !(await ensureIndex())) return false;
    let rewound = false;
    const { topic, group } = this.#stage;
    // In this order: what is acknowledged was in the index before, and may only have grown since.
    const acknowledged = await consumer.acknowledged();
    const reached = await index.progress(this.#progressTopic, group);
    for (const [partition, offset] of acknowledged) {
      const indexAt = reached.get(partition) ?? 0;
      if (indexAt >= offset) continue;
      logger.warn({ topic, group, partition, offset, indexAt }, beganAnew.index);
      await consumer.rewind(partition, indexAt);
      rewound = true;
    }
    return rewound;
  }

  /** Tries until it succeeds or the process stops; undefined when stopped. */
  async #patiently<R>(
    what: string,
    signal: AbortSignal,
    attempt: () => Promise<R>,
  ): Promise<R | undefined> {
    const { chance, clock } = this.#options;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const done = await attempt();
        this.#answered(what);
        return done;
      } catch (error) {
        this.#note(what, error);
        await clock.sleep(backoffMs(failures, chance()), signal);
      }
    }
    return undefined;
  }

  /** A stage with nothing to do would say for ever what it once waited for. */
  #answered(what: string): void {
    if (this.#trouble?.startsWith(`${what}: `)) this.#setTrouble(null);
  }

  #note(what: string, error: unknown): void {
    if (!(error instanceof TransientError)) throw error;
    this.#setTrouble(`${what}: ${error.message}`);
    this.#options.observer.retry(this.#stage.name, what);
  }

  #setTrouble(trouble: string | null): void {
    if (trouble !== null && this.#trouble === null) {
      this.#options.logger.warn({ stage: this.#stage.name, trouble }, "stage is waiting");
    }
    this.#trouble = trouble;
    this.#describe();
  }

  #describe(state: Omit<StageState, "group" | "stage"> = this.#state()): void {
    const { group, name: stage } = this.#stage;
    this.#options.observer.state({ stage, group, ...state });
  }

  #state(): Omit<StageState, "group" | "stage"> {
    const breaker = this.#attempts.breaker.isOpen ? "open" : "closed";
    return { waiting: this.waiting, trouble: this.#trouble, breaker };
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
