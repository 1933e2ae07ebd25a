/**
 * Vectors from any endpoint that speaks OpenAI's `/embeddings`. What it costs is counted from what
 * the endpoint says it bills, once for each answer that came; and by the tokens that were sent, for
 * a request whose answer never did: no budget is exceeded by what nobody heard of.
 */
import { sha256Hex } from "@tidemark/domain";
import {
  PoisonError,
  payersOf,
  shareAmong,
  TransientError,
  type EmbedReply,
  type EmbedLane,
  type EmbedRequest,
  type Embedder,
  type EmbeddingSpace,
  type Payer,
} from "@tidemark/pipeline";
import { batchTexts, type Batch } from "./batch-texts.ts";
import { DailyBudget, type BudgetReached, type BudgetState } from "./daily-budget.ts";
import { EmbeddingClient } from "./embedding-client.ts";
import { FirstAbort } from "./first-abort.ts";
import { RequestLanes } from "./request-lanes.ts";
import { openTokenCounter, type TokenCounter, type TokenEncoding } from "./token-counter.ts";

export interface OpenAiEmbedderOptions {
  /** The URL before `/embeddings`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly dimensions: number;
  /** Null for servers without one. */
  readonly apiKey?: string | null;
  /** How the model counts; `cl100k_base` is OpenAI's for embeddings. */
  readonly encoding?: TokenEncoding;
  /** Of one text, its prefix included. */
  readonly tokensMax?: number;
  readonly batchTextsMax?: number;
  readonly batchTokensMax?: number;
  /** Requests at a time; with two or more, one of them is kept for queries. */
  readonly requestsMax?: number;
  /** Texts that may wait in each lane. */
  readonly queuedTextsMax?: number;
  /** Of one request, from its start to the end of its answer. */
  readonly timeoutMs?: number;
  readonly documentPrefix?: string;
  readonly queryPrefix?: string;
  readonly pricePerMillionTokens?: number;
  /** Money a day, by UTC, in the price's currency; null for no limit. */
  readonly budgetPerDay?: number | null;
  /** What `budgetState` was in an earlier process. */
  readonly budgetState?: BudgetState | null;
  /** Called once a day, when requests begin to wait for the next. */
  readonly onBudget?: (reached: BudgetReached) => void;
  /** Called after each answer that was billed, to write the state down. */
  readonly onSpent?: (state: BudgetState) => void;
  /** Called for all that is spent, by who it was spent for. */
  readonly onBilled?: (spent: Spent) => void;
  readonly nowMs?: () => number;
}

export interface Spent extends Payer {
  readonly tokens: number;
  readonly cost: number;
  /** Of the cost: of requests whose answer never came. */
  readonly unconfirmed: number;
}

const defaults = {
  tokensMax: 8191,
  batchTextsMax: 256,
  batchTokensMax: 100_000,
  requestsMax: 4,
  queuedTextsMax: 8192,
  timeoutMs: 30_000,
} as const;

export class OpenAiEmbedder implements Embedder, AsyncDisposable {
  readonly space: EmbeddingSpace;
  readonly #options: Required<Pick<OpenAiEmbedderOptions, keyof typeof defaults>>;
  readonly #price: number;
  readonly #counter: TokenCounter;
  readonly #client: EmbeddingClient;
  readonly #lanes: RequestLanes;
  readonly #budget: DailyBudget;
  readonly #nowMs: () => number;
  readonly #onBudget: (reached: BudgetReached) => void;
  readonly #onSpent: (state: BudgetState) => void;
  readonly #onBilled: (spent: Spent) => void;
  readonly #closing = new AbortController();
  /** The endpoint asked for silence; documents keep it. */
  #silentUntilMs = 0;

  private constructor(options: OpenAiEmbedderOptions, counter: TokenCounter) {
    const { model, dimensions, apiKey = null, nowMs = Date.now } = options;
    const tokensMax = options.tokensMax ?? defaults.tokensMax;
    this.#options = {
      tokensMax,
      batchTextsMax: options.batchTextsMax ?? defaults.batchTextsMax,
      batchTokensMax: options.batchTokensMax ?? defaults.batchTokensMax,
      requestsMax: options.requestsMax ?? defaults.requestsMax,
      queuedTextsMax: options.queuedTextsMax ?? defaults.queuedTextsMax,
      timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    };
    const { timeoutMs } = this.#options;
    this.#counter = counter;
    this.#client = new EmbeddingClient({ ...options, model, dimensions, apiKey, timeoutMs, nowMs });
    this.#lanes = new RequestLanes(this.#options);
    this.#budget = new DailyBudget(options.budgetPerDay ?? null, options.budgetState ?? null);
    this.#price = (options.pricePerMillionTokens ?? 0) / 1_000_000;
    this.#nowMs = nowMs;
    this.#onBudget = options.onBudget ?? (() => undefined);
    this.#onSpent = options.onSpent ?? (() => undefined);
    this.#onBilled = options.onBilled ?? (() => undefined);
    this.space = {
      model,
      weightsDigest: sha256Hex("openai", model, String(dimensions)),
      tokenizerDigest: counter.digest,
      dimension: dimensions,
      tokensMax,
      pooling: "remote",
      metric: "cosine",
      documentPrefix: options.documentPrefix ?? "",
      queryPrefix: options.queryPrefix ?? "",
    };
  }

  /** Loads the tokenizer; nothing is asked of the endpoint. Throws `RangeError` for bad settings. */
  static async open(options: OpenAiEmbedderOptions): Promise<OpenAiEmbedder> {
    return new OpenAiEmbedder(options, await openTokenCounter(options.encoding ?? "cl100k_base"));
  }

  /** Texts that wait for a request. */
  get queuedTexts(): Readonly<Record<EmbedLane, number>> {
    return this.#lanes.queuedTexts;
  }

  get budgetState(): BudgetState {
    return this.#budget.state(this.#nowMs());
  }

  countTokens(text: string): number {
    return this.#counter.count(text);
  }

  async embed(request: EmbedRequest): Promise<EmbedReply> {
    const { lane, signal, texts } = request;
    if (texts.length === 0) return { vectors: [], tokens: 0, cost: 0 };
    signal?.throwIfAborted();
    this.#lanes.admit(lane, texts.length);
    const { batchTextsMax, batchTokensMax } = this.#options;
    const batches = batchTexts(this.#counted(request), {
      textsMax: batchTextsMax,
      tokensMax: batchTokensMax,
    });
    // When one fails, those that wait are dropped; those under way are paid for and go on.
    const failed = new AbortController();
    using ending = new FirstAbort(this.#closing.signal, signal);
    using waiting = new FirstAbort(ending.signal, failed.signal);
    const outcomes = await Promise.allSettled(
      batches.map(async (batch) => {
        try {
          const turn = { lane, texts: batch.texts.length, signal: waiting.signal };
          return await this.#lanes.run(turn, () => this.#send(batch, request, ending.signal));
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
    if (failed.signal.aborted) throw failed.signal.reason;
    const replies = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [outcome.value] : [],
    );
    return {
      vectors: replies.flatMap(({ vectors }) => vectors),
      tokens: replies.reduce((sum, { tokens }) => sum + tokens, 0),
      cost: replies.reduce((sum, { cost }) => sum + cost, 0),
    };
  }

  /** What is under way is aborted: it will be asked for again. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#lanes.close();
    this.#closing.abort(new TransientError("the embedder is closing"));
    return Promise.resolve();
  }

  #counted(request: EmbedRequest) {
    const { purpose, texts } = request;
    const payers = payersOf(request);
    const { documentPrefix, queryPrefix, tokensMax } = this.space;
    const prefix = purpose === "query" ? queryPrefix : documentPrefix;
    return texts.map((written, at) => {
      const payer = payers[at] as Payer;
      const text = prefix + written;
      const tokens = this.#counter.count(text);
      if (tokens <= tokensMax) return { text, tokens, payer };
      throw new PoisonError(
        "embedding-refused",
        `a text has ${tokens} tokens, more than maxTokens = ${tokensMax}`,
      );
    });
  }

  async #send(batch: Batch, request: EmbedRequest, signal: AbortSignal): Promise<EmbedReply> {
    const forQuery = request.lane === "query";
    const estimate = batch.tokens * this.#price;
    this.#keepSilence(forQuery);
    this.#reserve(estimate, forQuery);
    let billed = 0;
    let isConfirmed = true;
    try {
      const vectors = await this.#client.embed({
        texts: batch.texts,
        signal,
        onBilled: (tokens) => {
          billed = tokens ?? batch.tokens;
        },
        // Whoever was asked may have done it, and bills it though nobody heard of it.
        onUnanswered: () => {
          billed = batch.tokens;
          isConfirmed = false;
        },
      });
      return { vectors, tokens: billed, cost: billed * this.#price };
    } catch (error) {
      this.#heed(error);
      throw error;
    } finally {
      this.#budget.settle({ estimate, cost: billed * this.#price, nowMs: this.#nowMs() });
      if (billed > 0) {
        this.#onSpent(this.budgetState);
        this.#bill(batch, billed, { isConfirmed });
      }
    }
  }

  #bill(batch: Batch, billed: number, { isConfirmed }: { readonly isConfirmed: boolean }): void {
    const payers = batch.counted.map(({ payer }) => payer);
    for (const { payer, share } of shareAmong(payers, (at) => batch.counted[at]?.tokens ?? 0)) {
      const tokens = billed * share;
      const cost = tokens * this.#price;
      this.#onBilled({ ...payer, tokens, cost, unconfirmed: isConfirmed ? 0 : cost });
    }
  }

  #reserve(estimate: number, forQuery: boolean): void {
    const nowMs = this.#nowMs();
    const reached = this.#budget.reserve({ estimate, forQuery, nowMs });
    if (reached === null) return;
    const { first, ...facts } = reached;
    if (first) this.#onBudget(facts);
    throw new TransientError(
      `today's budget is spent: budget.perDay = ${facts.perDay}; embedding waits for the next day (UTC)`,
      { retryAfterMs: facts.untilMs - nowMs },
    );
  }

  #heed(error: unknown): void {
    if (!(error instanceof TransientError) || error.retryAfterMs === undefined) return;
    this.#silentUntilMs = Math.max(this.#silentUntilMs, this.#nowMs() + error.retryAfterMs);
  }

  #keepSilence(forQuery: boolean): void {
    const leftMs = this.#silentUntilMs - this.#nowMs();
    if (forQuery || leftMs <= 0) return;
    throw new TransientError("the endpoint asked to wait", { retryAfterMs: leftMs });
  }
}
