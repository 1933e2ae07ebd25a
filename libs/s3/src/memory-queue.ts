/** A queue in memory, for tests, on the clock that it is given. */
import { TransientError, type Clock } from "@tidemark/pipeline";
import {
  messagesTogetherMax,
  type Queue,
  type QueueMessage,
  type ReceiveOptions,
} from "./queue.ts";

interface Kept {
  readonly message: QueueMessage;
  hiddenUntilMs: number;
}

const lookEveryMs = 100;

export class MemoryQueue implements Queue {
  readonly name: string;
  retentionMs = 4 * 24 * 3_600_000;
  /** While it is set, every question fails. */
  isDown = false;
  /** Every delivery, in order. */
  readonly delivered: string[] = [];
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #sent = 0;
  #deliveries = 0;

  constructor(clock: Clock, name = "kb-events") {
    this.#clock = clock;
    this.name = name;
  }

  /** What has not been removed. */
  get size(): number {
    return this.#kept.size;
  }

  send(body: unknown, sentAtMs = this.#clock.nowMs()): string {
    this.#sent += 1;
    const id = `m${this.#sent}`;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const message = { id, receipt: "", body: text, sentAtMs, trace: null };
    this.#kept.set(id, { message, hiddenUntilMs: 0 });
    return id;
  }

  async receive(options: ReceiveOptions): Promise<readonly QueueMessage[]> {
    const { hiddenMs, signal, waitMs } = options;
    const untilMs = this.#clock.nowMs() + waitMs;
    while (true) {
      signal?.throwIfAborted();
      this.#refuseWhenDown();
      const given = this.#give(hiddenMs);
      if (given.length > 0 || this.#clock.nowMs() >= untilMs) return given;
      await this.#clock.sleep(Math.min(lookEveryMs, untilMs - this.#clock.nowMs()), signal);
    }
  }

  async hide(messages: readonly QueueMessage[], hiddenMs: number): Promise<void> {
    this.#refuseWhenDown();
    for (const { id } of messages) {
      const kept = this.#kept.get(id);
      if (kept) kept.hiddenUntilMs = this.#clock.nowMs() + hiddenMs;
    }
  }

  async remove(messages: readonly QueueMessage[]): Promise<void> {
    this.#refuseWhenDown();
    for (const { id } of messages) this.#kept.delete(id);
  }

  async facts() {
    this.#refuseWhenDown();
    const nowMs = this.#clock.nowMs();
    const hidden = [...this.#kept.values()].filter((kept) => kept.hiddenUntilMs > nowMs).length;
    return { retentionMs: this.retentionMs, hidden, delayed: 0 };
  }

  #give(hiddenMs: number): readonly QueueMessage[] {
    const nowMs = this.#clock.nowMs();
    const due = [...this.#kept.values()].filter((kept) => kept.hiddenUntilMs <= nowMs);
    return due.slice(0, messagesTogetherMax).map((kept) => {
      kept.hiddenUntilMs = nowMs + hiddenMs;
      this.#deliveries += 1;
      this.delivered.push(kept.message.id);
      return { ...kept.message, receipt: `r${this.#deliveries}` };
    });
  }

  #refuseWhenDown(): void {
    if (this.isDown) throw new TransientError("SQS did not answer: ECONNREFUSED");
  }
}
