/**
 * The three ways to fail. `TransientError`: try again, later. `PoisonError`: this event will never
 * succeed, set it aside and go on. Anything else is a bug: the process stops, and what was not
 * acknowledged comes again.
 */
export class TransientError extends Error {
  override name = "TransientError";
  /** The least wait before another try that the other side asked for. */
  readonly retryAfterMs: number | undefined;
  /** Who did not answer, where it is known: only its own successes tell poison from outage. */
  readonly dependency: string | null;

  constructor(
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number; readonly dependency?: string } = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
    this.dependency = options.dependency ?? null;
  }
}

/** A bounded queue is full; nothing was done. */
export class OverloadedError extends TransientError {
  override name = "OverloadedError";
}

/** Names of limits and faults that an operator can act on; few values, used as a metric label. */
export type PoisonReason =
  | "unreadable-event"
  | "unsupported-type"
  | "extraction-failed"
  | "extraction-suspicious"
  | "size-limit"
  | "time-limit"
  | "memory-limit"
  | "depth-limit"
  | "chunk-limit"
  | "bad-vector"
  | "embedding-refused"
  | "mapping-failed"
  | "retries-exhausted";

export class PoisonError extends Error {
  override name = "PoisonError";
  readonly reason: PoisonReason;
  /** The document's state in a listing, where it is known: it is read again when that changes. */
  readonly digest: string | null;

  constructor(
    reason: PoisonReason,
    message: string,
    options: ErrorOptions & { readonly digest?: string } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.digest = options.digest ?? null;
  }
}

/**
 * The group's next record is not on the log: retention took it before it was read, or the log lost
 * what was read already. The stage before must be set back; it is never jumped over.
 */
export class OffsetOutOfRangeError extends Error {
  override name = "OffsetOutOfRangeError";
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The first offset that is kept. */
  readonly begin: number;
  /** Where the log ends, when the offset is beyond it; else null. */
  readonly end: number | null;

  constructor(at: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly begin: number;
    /** Where the log ends, when the offset is beyond it. */
    readonly end?: number;
  }) {
    const { begin, end = Infinity, offset, partition, topic } = at;
    const why =
      offset > end
        ? `is beyond the log, which ends at ${end}`
        : `is no longer kept; the first one kept is ${begin}`;
    super(`offset ${offset} of ${topic} partition ${partition} ${why}`);
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.begin = begin;
    this.end = offset > end ? end : null;
  }
}

/** Does work that depends on something by this name, and has its failures say so. */
export async function dependingOn<T>(dependency: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isNamed = error instanceof OverloadedError || !(error instanceof TransientError);
    if (isNamed || error.dependency !== null) throw error;
    const { message, retryAfterMs } = error;
    throw new TransientError(message, {
      cause: error,
      dependency,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}
