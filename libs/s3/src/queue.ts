/** What Tidemark asks of a queue. Every question may throw `TransientError`. */
export interface QueueMessage {
  readonly id: string;
  /** Names this delivery of it. */
  readonly receipt: string;
  readonly body: string;
  readonly sentAtMs: number | null;
  readonly trace: string | null;
}

export interface QueueFacts {
  /** How long a message is kept. */
  readonly retentionMs: number;
  /** Delivered and not removed, to whomever. */
  readonly hidden: number;
  readonly delayed: number;
}

export interface ReceiveOptions {
  /** How long to wait for the first. */
  readonly waitMs: number;
  /** How long nobody else is given them. */
  readonly hiddenMs: number;
  readonly signal?: AbortSignal;
}

export const messagesTogetherMax = 10;

export interface Queue {
  readonly name: string;
  /** In any order, and some of them more than once. */
  receive(options: ReceiveOptions): Promise<readonly QueueMessage[]>;
  /** Nobody else is given them for so long from now. */
  hide(messages: readonly QueueMessage[], hiddenMs: number): Promise<void>;
  remove(messages: readonly QueueMessage[]): Promise<void>;
  facts(): Promise<QueueFacts>;
}
