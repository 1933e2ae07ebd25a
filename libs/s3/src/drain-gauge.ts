/** How far one queue has been heard: what was polled, and what of it is still in work. */
import type { QueueMessage } from "./queue.ts";

interface Poll {
  readonly beganAtMs: number;
  readonly atMs: number;
  readonly messages: readonly QueueMessage[];
}

export class DrainGauge {
  #lastPolledAtMs: number;
  /** When the last poll began that found nothing. */
  #emptyAtMs = Number.NEGATIVE_INFINITY;
  readonly #inWork = new Set<QueueMessage>();
  readonly #followers = new Set<DrainFollower>();

  constructor(startedAtMs: number) {
    this.#lastPolledAtMs = startedAtMs;
  }

  /** When the queue last answered. */
  get lastPolledAtMs(): number {
    return this.#lastPolledAtMs;
  }

  get emptyAtMs(): number {
    return this.#emptyAtMs;
  }

  get inWork(): number {
    return this.#inWork.size;
  }

  polled({ atMs, beganAtMs, messages }: Poll): void {
    this.#lastPolledAtMs = atMs;
    if (messages.length === 0) this.#emptyAtMs = beganAtMs;
    for (const message of messages) this.#inWork.add(message);
    for (const follower of this.#followers) follower.heard(messages, atMs);
  }

  done(messages: readonly QueueMessage[], atMs: number): void {
    for (const message of messages) this.#inWork.delete(message);
    // What was sent before is heard only now.
    for (const follower of this.#followers) follower.heard(messages, atMs);
  }

  /** Notes from now on when something was heard that was sent before this time. */
  follow(sentBeforeMs: number): DrainFollower {
    const follower = new DrainFollower(sentBeforeMs, (ended) => this.#followers.delete(ended));
    this.#followers.add(follower);
    return follower;
  }

  isInWork(sentBeforeMs: number): boolean {
    return [...this.#inWork].some(({ sentAtMs }) => sentAtMs === null || sentAtMs < sentBeforeMs);
  }
}

export class DrainFollower implements Disposable {
  readonly #sentBeforeMs: number;
  readonly #end: (follower: DrainFollower) => void;
  /** When the last message was heard that is old enough. */
  lastHeardAtMs = Number.NEGATIVE_INFINITY;

  constructor(sentBeforeMs: number, end: (follower: DrainFollower) => void) {
    this.#sentBeforeMs = sentBeforeMs;
    this.#end = end;
  }

  heard(messages: readonly QueueMessage[], atMs: number): void {
    const isOld = ({ sentAtMs }: QueueMessage) =>
      sentAtMs === null || sentAtMs < this.#sentBeforeMs;
    if (messages.some(isOld)) this.lastHeardAtMs = atMs;
  }

  [Symbol.dispose](): void {
    this.#end(this);
  }
}
