import { PoisonError, TransientError } from "@tidemark/pipeline";
import type { EmbedLane } from "@tidemark/pipeline";
import { EmbedThread } from "./embed-thread.ts";
import type { ThreadListener, ThreadOptions } from "./embed-thread.ts";
import { LaneQueue } from "./lane-queue.ts";
import type { LaneBounds, Queued } from "./lane-queue.ts";
import { packIds, runUrgencyOf } from "./run.ts";
import { checkedVector } from "./vector-check.ts";

export interface PoolOptions {
  readonly thread: ThreadOptions;
  readonly workers: number;
  readonly dimension: number;
  readonly bounds: LaneBounds;
  readonly tokensPerRunMax: number;
  readonly closeMsMax: number;
  /** Told of each run of the model that ended well. */
  readonly onRun?: (run: RunFacts) => void;
}

export interface RunFacts {
  readonly texts: number;
  /** Of all its texts. */
  readonly tokens: number;
  /** How long the model took. */
  readonly ms: number;
}

/** What an operator wants to see of a pool. */
export interface PoolLoad {
  readonly workers: number;
  readonly queuedTexts: Readonly<Record<EmbedLane, number>>;
  readonly queuedTokens: number;
  readonly runsInFlight: number;
  /** Worker threads that died since the start. */
  readonly deaths: number;
}

/** One computes and one waits, so that a thread is busy while the main thread is too. */
const runsPerThreadMax = 2;
const lanesAhead = ["query", "live"] as const;
/** A text whose run failed or killed its thread is tried once more, alone. */
const attemptsMax = 2;

interface Request {
  readonly vectors: Float32Array[];
  readonly jobs: Job[];
  left: number;
  isSettled: boolean;
  readonly resolve: (vectors: readonly Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Job extends Queued {
  readonly ids: readonly number[];
  readonly index: number;
  readonly request: Request;
  attempts: number;
}

interface Member {
  readonly thread: EmbedThread;
  readonly runs: Map<number, readonly Job[]>;
}

/** Worker threads that share one queue. A thread that dies is replaced. */
export class EmbedPool {
  readonly #options: PoolOptions;
  readonly #queue: LaneQueue<Job>;
  readonly #requests = new Set<Request>();
  /** Runs to be repeated; they go before the queue. */
  readonly #repeats: (readonly Job[])[] = [];
  /** The one that answered longest ago is first: its run is nearest to its end. */
  readonly #members = new Set<Member>();
  #starting = 0;
  #lastRunId = 0;
  #deaths = 0;
  #isClosed = false;

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#queue = new LaneQueue(options.bounds);
  }

  /** Resolves when every worker is ready. Throws the reason when one cannot be. */
  static async start(options: PoolOptions): Promise<EmbedPool> {
    const pool = new EmbedPool(options);
    const starts = Array.from({ length: options.workers }, () => pool.#startThread());
    const outcomes = await Promise.allSettled(starts);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) {
      await pool[Symbol.asyncDispose]();
      throw failed.reason;
    }
    return pool;
  }

  /** Makes a vector for each text, given as ids. Fails as the port `Embedder` says. */
  async embed(
    lane: EmbedLane,
    texts: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new TransientError("the embedder is closed");
    if (texts.length === 0) return [];
    const { promise, resolve, reject } = Promise.withResolvers<readonly Float32Array[]>();
    const begun = { vectors: [], left: texts.length, isSettled: false };
    const request: Request = { ...begun, jobs: [], resolve, reject };
    for (const [index, ids] of texts.entries()) {
      request.jobs.push({ lane, ids, index, tokens: ids.length, request, attempts: 0 });
    }
    this.#queue.push(lane, request.jobs);
    this.#requests.add(request);
    const abort = (): void => this.#fail(request, signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#refill();
      this.#dispatch();
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  get load(): PoolLoad {
    const texts = (lane: EmbedLane): number => this.#queue.texts(lane);
    const [query, live] = [texts("query"), texts("live")];
    const [liveOther, backfill] = [texts("liveOther"), texts("backfill")];
    return {
      workers: this.#members.size,
      queuedTexts: { query, live, liveOther, backfill },
      queuedTokens: this.#queue.tokens(),
      runsInFlight: [...this.#members].reduce((sum, { runs }) => sum + runs.size, 0),
      deaths: this.#deaths,
    };
  }

  /** Refuses what waits, lets runs in progress end, waits no longer than `closeMsMax`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#failAll(new TransientError("the embedder is closing"));
    const members = [...this.#members];
    this.#members.clear();
    await Promise.all(members.map(({ thread }) => thread.close(this.#options.closeMsMax)));
  }

  /**
   * Hands out runs while threads have room; and one more each of what goes before runs that wait, so
   * that a query or a live change waits for the one run that is being computed, and no other.
   */
  #dispatch(): void {
    for (let member = this.#freest(); member !== undefined; member = this.#freest()) {
      const jobs = this.#nextJobs();
      if (jobs.length === 0) return;
      this.#send(member, jobs);
    }
    for (const lane of lanesAhead) {
      for (const member of this.#members) {
        if (this.#queue.texts(lane) === 0) break;
        if ([...member.runs.values()].some((jobs) => jobs[0]?.lane === lane)) continue;
        this.#send(member, this.#queue.take(this.#options.tokensPerRunMax, lane));
      }
    }
  }

  #freest(): Member | undefined {
    let freest: Member | undefined;
    for (const member of this.#members) {
      if (member.runs.size < (freest?.runs.size ?? runsPerThreadMax)) freest = member;
    }
    return freest;
  }

  #nextJobs(): readonly Job[] {
    for (let again = this.#repeats.shift(); again !== undefined; again = this.#repeats.shift()) {
      const jobs = again.filter((job) => !job.request.isSettled);
      if (jobs.length > 0) return jobs;
    }
    // A short queue is spread over all threads rather than run by one.
    const fairShare = Math.ceil(this.#queue.tokens() / Math.max(1, this.#members.size));
    return this.#queue.take(Math.min(this.#options.tokensPerRunMax, fairShare));
  }

  #send(member: Member, jobs: readonly Job[]): void {
    const [first] = jobs;
    if (first === undefined) return;
    this.#lastRunId = (this.#lastRunId % 0x7fff_ffff) + 1;
    const id = this.#lastRunId;
    member.runs.set(id, jobs);
    const ids = packIds(
      jobs.map((job) => job.ids),
      first.tokens,
    );
    const urgency = runUrgencyOf(first.lane);
    member.thread.send({ id, ids, texts: jobs.length, tokens: first.tokens, urgency });
  }

  #done(member: Member, { id, vectors, ms }: Parameters<ThreadListener["done"]>[0]): void {
    const jobs = this.#takeRun(member, id);
    const tokens = jobs.reduce((sum, job) => sum + job.tokens, 0);
    this.#options.onRun?.({ texts: jobs.length, tokens, ms });
    for (const [place, job] of jobs.entries()) {
      const request = job.request;
      if (request.isSettled) continue;
      try {
        const values = new Float32Array(vectors[place] ?? new ArrayBuffer(0));
        request.vectors[job.index] = checkedVector(values, this.#options.dimension);
      } catch (error) {
        this.#fail(request, error);
        continue;
      }
      request.left -= 1;
      if (request.left === 0) {
        request.isSettled = true;
        this.#requests.delete(request);
        request.resolve(request.vectors);
      }
    }
    this.#dispatch();
  }

  #takeRun(member: Member, runId: number): readonly Job[] {
    const jobs = member.runs.get(runId) ?? [];
    member.runs.delete(runId);
    // To the end: the thread has just begun its next run.
    if (this.#members.delete(member)) this.#members.add(member);
    return jobs;
  }

  #died(member: Member, suspectId: number, reason: string): void {
    this.#deaths += 1;
    this.#members.delete(member);
    for (const [runId, jobs] of member.runs) {
      // Where it is not known which run it was, each may be it.
      const isSuspect = suspectId === 0 || runId === suspectId;
      if (isSuspect) this.#retry(jobs, reason);
      else this.#repeats.push(jobs);
    }
    if (this.#requests.size > 0) this.#refill();
    this.#dispatch();
  }

  /** Once more, each text alone, so that one cannot fail another. */
  #retry(jobs: readonly Job[], reason: string): void {
    for (const job of jobs) {
      job.attempts += 1;
      if (job.attempts < attemptsMax) this.#repeats.push([job]);
      else this.#fail(job.request, new PoisonError("embedding-refused", reason));
    }
  }

  #fail(request: Request, error: unknown): void {
    if (request.isSettled) return;
    request.isSettled = true;
    this.#requests.delete(request);
    for (const job of request.jobs) this.#queue.remove(job);
    request.reject(error);
  }

  #failAll(error: Error): void {
    for (const request of this.#requests) this.#fail(request, error);
    this.#repeats.length = 0;
  }

  #refill(): void {
    const missing = this.#options.workers - this.#members.size - this.#starting;
    for (let count = 0; count < missing && !this.#isClosed; count += 1) {
      this.#startThread().catch((error: unknown) => {
        // With a thread left the work goes on; the next request tries again.
        if (this.#members.size + this.#starting > 0) return;
        this.#failAll(new TransientError("no embedding worker starts", { cause: error }));
      });
    }
  }

  async #startThread(): Promise<void> {
    this.#starting += 1;
    let thread: EmbedThread;
    try {
      thread = await EmbedThread.start(this.#options.thread);
    } finally {
      this.#starting -= 1;
    }
    if (this.#isClosed) return thread.close(this.#options.closeMsMax);
    const member: Member = { thread, runs: new Map() };
    thread.listen({
      done: (done) => this.#done(member, done),
      failed: (runId, reason) => {
        this.#retry(this.#takeRun(member, runId), reason);
        this.#dispatch();
      },
      died: (runId, reason) => this.#died(member, runId, reason),
    });
    this.#members.add(member);
    this.#dispatch();
  }
}
