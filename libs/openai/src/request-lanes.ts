/**
 * Which request goes next, and how many at a time. A query never waits for a queue of documents:
 * the last place is kept for queries where there are two or more.
 */
import { OverloadedError, TransientError, embedLanes, type EmbedLane } from "@tidemark/pipeline";

/** A lane that was passed over this often goes next. */
const passedOverMax: Readonly<Record<EmbedLane, number>> = {
  query: 0,
  live: 16,
  liveOther: 32,
  backfill: 64,
};

interface Waiting {
  readonly texts: number;
  start(): void;
  drop(error: unknown): void;
}

export interface LaneLimits {
  readonly requestsMax: number;
  /** Texts that may wait in one lane: a backfill keeps no query out. */
  readonly queuedTextsMax: number;
}

export class RequestLanes {
  readonly #limits: LaneLimits;
  readonly #waiting: Readonly<Record<EmbedLane, Waiting[]>> = {
    query: [],
    live: [],
    liveOther: [],
    backfill: [],
  };
  readonly #passedOver = new Map<EmbedLane, number>();
  #running = 0;
  #runningDocuments = 0;
  #last: EmbedLane | null = null;
  #closed = false;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** Texts that wait. */
  get queuedTexts(): Readonly<Record<EmbedLane, number>> {
    const texts = embedLanes.map((lane) => [lane, this.#queuedIn(lane)] as const);
    return Object.fromEntries(texts) as Record<EmbedLane, number>;
  }

  /** Throws `OverloadedError` when so many texts more are too many for the lane. */
  admit(lane: EmbedLane, texts: number): void {
    if (this.#closed) throw closing();
    const queued = this.#queuedIn(lane);
    const { queuedTextsMax } = this.#limits;
    // A request larger than the queue is taken when nothing waits, or it never would be.
    if (queued === 0 || queued + texts <= queuedTextsMax) return;
    throw new OverloadedError(
      `${queued} texts wait in lane ${lane}: queuedTextsMax = ${queuedTextsMax}`,
    );
  }

  /** Runs an act when its turn comes. Rejects with the signal's reason when it aborts before. */
  run<T>(
    { lane, texts, signal }: { lane: EmbedLane; texts: number; signal: AbortSignal },
    act: () => Promise<T>,
  ): Promise<T> {
    if (this.#closed) return Promise.reject(closing());
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        const place = this.#waiting[lane].indexOf(waiting);
        if (place >= 0) this.#waiting[lane].splice(place, 1);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        texts,
        start: () => {
          signal.removeEventListener("abort", leave);
          void this.#hold(lane, act).then(resolve, reject);
        },
        drop: reject,
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting[lane].push(waiting);
      this.#next();
    });
  }

  /** Drops what waits; what runs goes on. */
  close(): void {
    this.#closed = true;
    for (const lane of embedLanes) {
      for (const waiting of this.#waiting[lane].splice(0)) waiting.drop(closing());
    }
  }

  #queuedIn(lane: EmbedLane): number {
    return this.#waiting[lane].reduce((sum, { texts }) => sum + texts, 0);
  }

  async #hold<T>(lane: EmbedLane, act: () => Promise<T>): Promise<T> {
    const documents = Number(lane !== "query");
    this.#running += 1;
    this.#runningDocuments += documents;
    try {
      return await act();
    } finally {
      this.#running -= 1;
      this.#runningDocuments -= documents;
      this.#next();
    }
  }

  #next(): void {
    for (let lane = this.#choose(); lane !== null; lane = this.#choose()) {
      for (const other of embedLanes) {
        const passed = other === lane || this.#waiting[other].length === 0;
        this.#passedOver.set(other, passed ? 0 : (this.#passedOver.get(other) ?? 0) + 1);
      }
      this.#last = lane;
      this.#waiting[lane].shift()?.start();
    }
  }

  /**
   *   state                                              next
   *   no place                                           none
   *   a query waits, and the last was no query           the query
   *   a lane was passed over too often                   that lane
   *   otherwise                                          the most urgent lane that waits
   */
  #choose(): EmbedLane | null {
    const { requestsMax } = this.#limits;
    if (this.#running >= requestsMax) return null;
    const documentPlace = this.#runningDocuments < Math.max(1, requestsMax - 1);
    const lanes = embedLanes.filter(
      (lane) => this.#waiting[lane].length > 0 && (lane === "query" || documentPlace),
    );
    if (lanes.includes("query") && this.#last !== "query") return "query";
    const overdue = lanes.find(
      (lane) => lane !== "query" && (this.#passedOver.get(lane) ?? 0) >= passedOverMax[lane],
    );
    return overdue ?? lanes[0] ?? null;
  }
}

function closing(): TransientError {
  return new TransientError("the embedder is closing");
}
