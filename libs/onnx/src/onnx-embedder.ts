import { availableParallelism } from "node:os";
import type { EmbedReply, EmbedRequest, Embedder, EmbeddingSpace } from "@tidemark/pipeline";
import { EmbedPool } from "./embed-pool.ts";
import type { PoolLoad, PoolOptions, RunFacts } from "./embed-pool.ts";
import { checkGolden } from "./golden.ts";
import type { GoldenReport } from "./golden.ts";
import { readModelDirectory } from "./model-directory.ts";
import type { Model } from "./model-directory.ts";
import type { TokenSpan } from "./wordpiece-tokenizer.ts";

export interface OnnxEmbedderOptions {
  /** Has `embedding.json` and the files it names. */
  readonly modelDirectory: string;
  /**
   * Threads, each with its own copy of the weights. Unless given, a core each, at most 8; on a GPU
   * one, which is enough to keep it busy.
   */
  readonly workers?: number;
  /** Unless `workers` is given, no more than there is memory for. */
  readonly workersMax?: number;
  /** `auto` takes a GPU if the model is made for one and it is there. */
  readonly device?: "auto" | "cpu" | "cuda";
  /** How much may wait, in each lane. */
  readonly queueTextsMax?: number;
  readonly queueTokensMax?: number;
  /** Texts of equal length share a run up to this. */
  readonly tokensPerRunMax?: number;
  readonly closeMsMax?: number;
  /** Told of each run of the model that ended well. */
  readonly onRun?: (run: RunFacts) => void;
  /** Another worker program, for tests. */
  readonly workerEntry?: URL;
}

/** What a processor and a GPU are best at. */
const workersDefaultMax = { cpu: 8, cuda: 1 };
const queueTextsDefault = 8192;
const queueTokensDefault = 1_000_000;
/**
 * On a processor grouping pays for texts up to about 64 tokens, and longer runs only make queries
 * wait. A GPU is idle with less than some thousands.
 */
const tokensPerRunDefault = { cpu: 128, cuda: 16_384 };
const closeMsDefault = 5000;

/** Makes vectors on this machine. One text gives one vector, whatever shares its run. */
export class OnnxEmbedder implements Embedder, AsyncDisposable {
  readonly space: EmbeddingSpace;
  readonly device: "cpu" | "cuda";
  /** How well this machine reproduces the golden texts; a verdict `warn` is to be logged. */
  readonly golden: GoldenReport;
  /** Why `auto` does without the GPU that the model is made for; null where it does not. */
  readonly withoutCuda: string | null;
  readonly #model: Model;
  readonly #pool: EmbedPool;

  private constructor(model: Model, started: StartedPool, golden: GoldenReport) {
    this.space = model.space;
    this.device = started.device;
    this.withoutCuda = started.withoutCuda;
    this.golden = golden;
    this.#model = model;
    this.#pool = started.pool;
  }

  /**
   * Opens the model and proves it on the golden texts.
   *
   * Throws, naming the reason, for files that are missing or not the ones they should be, for a
   * device that is not there, and for vectors that are not those of the golden texts.
   */
  static async open(options: OnnxEmbedderOptions): Promise<OnnxEmbedder> {
    const model = await readModelDirectory(options.modelDirectory);
    const started = await startPool(model, options);
    try {
      const golden = await checkGolden(
        model.golden,
        (text) => model.tokenizer.encode(text),
        async (texts) => started.pool.embed("live", texts),
      );
      return new OnnxEmbedder(model, started, golden);
    } catch (error) {
      await started.pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  countTokens(text: string): number {
    return this.#model.tokenizer.countTokens(text);
  }

  /** The tokens of a text with their places in UTF-16 units, uncut, without special ones around. */
  tokenSpans(text: string): readonly TokenSpan[] {
    return this.#model.tokenizer.spans(text);
  }

  async embed(request: EmbedRequest): Promise<EmbedReply> {
    const { documentPrefix, queryPrefix } = this.space;
    const prefix = request.purpose === "query" ? queryPrefix : documentPrefix;
    const texts = request.texts.map((text) => this.#model.tokenizer.encode(prefix + text));
    const vectors = await this.#pool.embed(request.lane, texts, request.signal);
    return { vectors, tokens: texts.reduce((sum, ids) => sum + ids.length, 0), cost: 0 };
  }

  get load(): PoolLoad {
    return this.#pool.load;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

interface StartedPool {
  readonly pool: EmbedPool;
  readonly device: "cpu" | "cuda";
  readonly withoutCuda: string | null;
}

/**
 *   device   the model is made for   outcome
 *   cpu      any                     cpu
 *   cuda     cuda                    cuda; throws when it is not there
 *   cuda     cpu alone               throws
 *   auto     cuda                    cuda; cpu when it is not there
 *   auto     cpu alone               cpu
 */
async function startPool(model: Model, options: OnnxEmbedderOptions): Promise<StartedPool> {
  const { device = "auto" } = options;
  const isForCuda = model.devices.includes("cuda");
  if (device === "cuda" && !isForCuda) {
    throw new Error(`device cuda: ${model.space.model} is made for ${model.devices.join(", ")}`);
  }
  let withoutCuda: string | null = null;
  if (device === "cuda" || (device === "auto" && isForCuda)) {
    try {
      const pool = await EmbedPool.start(poolOptions(model, options, "cuda"));
      return { pool, device: "cuda", withoutCuda };
    } catch (error) {
      withoutCuda = error instanceof Error ? error.message : String(error);
      if (device === "cuda") throw new Error(`device cuda: ${withoutCuda}`, { cause: error });
    }
  }
  const pool = await EmbedPool.start(poolOptions(model, options, "cpu"));
  return { pool, device: "cpu", withoutCuda };
}

function poolOptions(
  model: Model,
  options: OnnxEmbedderOptions,
  device: "cpu" | "cuda",
): PoolOptions {
  const { workerEntry, modelFile } = { ...options, modelFile: model.modelFile };
  return {
    thread: { modelFile, device, ...(workerEntry && { entry: workerEntry }) },
    workers: options.workers ?? workersDefault(device, options.workersMax ?? Infinity),
    dimension: model.space.dimension,
    bounds: {
      textsMax: options.queueTextsMax ?? queueTextsDefault,
      tokensMax: options.queueTokensMax ?? queueTokensDefault,
    },
    tokensPerRunMax: options.tokensPerRunMax ?? tokensPerRunDefault[device],
    closeMsMax: options.closeMsMax ?? closeMsDefault,
    ...(options.onRun && { onRun: options.onRun }),
  };
}

function workersDefault(device: "cpu" | "cuda", workersMax: number): number {
  return Math.min(availableParallelism(), workersDefaultMax[device], workersMax);
}
