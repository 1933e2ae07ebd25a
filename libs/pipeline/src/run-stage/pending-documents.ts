/**
 * Records taken and not yet done, by document: which document is ready, which waits for its window
 * to end, and which is being handled. Within a document order is kept.
 */
import { CoalescingClock, type CoalescingWindow } from "@tidemark/domain";
import type { RecordPlace } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { ReadyQueue, type Urgency } from "./ready-queue.ts";
import type { Stage, Task } from "./stage.ts";

/** A record that was taken: what it says is kept as an item alone, not as it was written too. */
export interface Entry<T> {
  readonly item: T;
  readonly record: RecordPlace;
  /** Of the record's value, as it was written. */
  readonly bytes: number;
}

interface Pending<T> {
  readonly lane: string;
  entries: Entry<T>[];
  running: boolean;
}

/** Of a stage that tells no lanes apart. */
const onlyLane = "";

export class PendingDocuments<T> {
  readonly #stage: Stage<T>;
  readonly #clock: Clock;
  readonly #woken: () => void;
  readonly #stopped: AbortSignal;
  readonly #pending = new Map<string, Pending<T>>();
  readonly #lanes = new Map<string, ReadyQueue>();
  readonly #quiet = new CoalescingClock();
  /** By window, so that documents of one source never end the window of another's. */
  readonly #windowed = new Map<CoalescingWindow, Set<string>>();
  #bytes = 0;
  #records = 0;

  /** `woken` is called when a window has ended; none ends once `stopped`. */
  constructor(stage: Stage<T>, clock: Clock, woken: () => void, stopped: AbortSignal) {
    this.#stage = stage;
    this.#clock = clock;
    this.#woken = woken;
    this.#stopped = stopped;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry<T>): void {
    const key = this.#stage.keyOf(entry.item);
    const lane = this.#stage.laneOf?.(entry.item) ?? onlyLane;
    const pending = this.#pending.get(key) ?? { lane, entries: [], running: false };
    pending.entries.push(entry);
    this.#pending.set(key, pending);
    this.#records += 1;
    this.#bytes += entry.bytes;
    if (!pending.running) this.#schedule(key, pending);
  }

  /** Those that had something ready until now; there are as many as the stage tells apart. */
  get lanes(): Iterable<string> {
    return this.#lanes.keys();
  }

  /** Up to so many ready documents, no less urgent than `atMost`, each with all that waits of it. */
  take(documentsMax: number, atMost: Urgency, lane = onlyLane): Task<Entry<T>>[] {
    const tasks: Task<Entry<T>>[] = [];
    for (const key of this.#lanes.get(lane)?.take(documentsMax, atMost) ?? []) {
      const pending = this.#pending.get(key);
      if (!pending || pending.running) continue;
      pending.running = true;
      tasks.push({ key, items: pending.entries });
      pending.entries = [];
      if (this.#stage.windowOf) this.#quiet.ran(key, this.#clock.nowMs());
    }
    return tasks;
  }

  /** The document's task is over; what came meanwhile is scheduled. */
  release(key: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    pending.running = false;
    if (pending.entries.length === 0) this.#pending.delete(key);
    else this.#schedule(key, pending);
  }

  /** These records are done. */
  forget(entries: readonly Entry<T>[]): void {
    this.#records -= entries.length;
    for (const entry of entries) this.#bytes -= entry.bytes;
  }

  /** Makes a document ready, at once or when its window ends. */
  #schedule(key: string, pending: Pending<T>): void {
    const newest = pending.entries.at(-1);
    if (!newest) return;
    const urgency = Math.min(
      ...pending.entries.map((entry) => this.#stage.urgencyOf(entry.item)),
    ) as Urgency;
    const window = this.#stage.windowOf?.(newest.item) ?? null;
    const waitMs = window ? this.#quiet.waitOf(key, window, this.#clock.nowMs()) : 0;
    if (!window || waitMs === 0) {
      for (const waiting of this.#windowed.values()) waiting.delete(key);
      this.#ready(pending.lane).add(key, urgency);
      return;
    }
    const windowed = this.#windowed.get(window) ?? new Set<string>();
    this.#windowed.set(window, windowed);
    if (windowed.has(key)) return;
    windowed.add(key);
    if (windowed.size >= window.documentsMax) {
      for (const waiting of windowed) {
        this.#ready(this.#pending.get(waiting)?.lane ?? pending.lane).add(waiting, urgency);
      }
      // A new set: the timers of these documents are not those of their next window.
      this.#windowed.delete(window);
      windowed.clear();
      return;
    }
    void this.#clock.sleep(waitMs, this.#stopped).then(() => {
      if (this.#stopped.aborted || !windowed.delete(key)) return;
      if (windowed.size === 0) this.#windowed.delete(window);
      this.#ready(pending.lane).add(key, urgency);
      this.#woken();
    });
  }

  #ready(lane: string): ReadyQueue {
    const known = this.#lanes.get(lane);
    if (known) return known;
    const made = new ReadyQueue();
    this.#lanes.set(lane, made);
    return made;
  }
}
