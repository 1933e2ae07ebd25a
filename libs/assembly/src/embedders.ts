/** Opens the embedders that generations need, each once, and closes them with the process. */
import type { Recipe } from "@tidemark/domain";
import { modelDirectoryOf, OnnxEmbedder, openTokenizer } from "@tidemark/onnx";
import {
  embedLanes,
  meteredEmbedder,
  othersPayer,
  payerOf,
  type Bill,
  type Embedder,
  type EmbedLane,
} from "@tidemark/pipeline";
import {
  memoryBudget,
  readPem,
  type Config,
  type EmbedderConfig,
  type Logger,
} from "@tidemark/runtime";
import { RpcEmbedder } from "@tidemark/rpc";
import { SpendingNotes } from "./spending-notes.ts";

export interface OpenedEmbedder {
  readonly embedder: Embedder;
  /** Texts that wait here, by lane; none of another process's. */
  readonly queuedTexts: () => Partial<Readonly<Record<EmbedLane, number>>>;
  /** One line for people: how sure it is that the vectors are right. */
  readonly note: string;
}

export class Embedders implements AsyncDisposable {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #opened = new Map<string, Promise<OpenedEmbedder>>();
  readonly #ready: OpenedEmbedder[] = [];
  readonly #closing = new AsyncDisposableStack();

  readonly #spending: SpendingNotes;
  readonly #meter: (bill: Omit<Bill, "atMs">) => void;

  constructor(
    config: Config,
    logger: Logger,
    dataDirectory: string,
    meter: (bill: Omit<Bill, "atMs">) => void = () => {},
  ) {
    this.#meter = meter;
    this.#config = config;
    this.#logger = logger;
    this.#spending = new SpendingNotes(dataDirectory);
  }

  /** @throws when the config has no such embedder, or its model cannot be used here */
  byName(name: string): Promise<OpenedEmbedder> {
    const known = this.#opened.get(name);
    if (known) return known;
    const opened = this.#open(name);
    this.#opened.set(name, opened);
    opened.then(
      (ready) => this.#ready.push(ready),
      // Another process that embeds may be there later.
      () => this.#opened.delete(name),
    );
    return opened;
  }

  /** The embedder of a recipe: one that makes the very same vectors, or an error that says why not. */
  async forRecipe(recipe: Recipe): Promise<Embedder> {
    const names = [recipe.embedder.name, ...Object.keys(this.#config.embedders)];
    let nearest = `no embedder ${recipe.embedder.name} is configured`;
    for (const name of new Set(names)) {
      const config = this.#config.embedders[name];
      if (config?.kind !== recipe.embedder.kind) continue;
      const { embedder } = await this.byName(name);
      const difference = differenceOf(embedder, recipe);
      if (!difference) return embedder;
      nearest = `embedder ${name} makes other vectors: ${difference}`;
    }
    throw new Error(nearest);
  }

  /** Texts that wait in the embedders of this process. */
  queuedNow(): number {
    return [...this.queuedTexts().values()].reduce((sum, texts) => sum + texts, 0);
  }

  queuedTexts(): ReadonlyMap<EmbedLane, number> {
    const queues = this.#ready.map((opened) => opened.queuedTexts());
    const of = (lane: EmbedLane) => queues.reduce((sum, texts) => sum + (texts[lane] ?? 0), 0);
    return new Map(embedLanes.map((lane) => [lane, of(lane)]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing.disposeAsync();
  }

  async #open(name: string): Promise<OpenedEmbedder> {
    const config = this.#config.embedders[name];
    if (!config) throw new Error(`no embedder ${name} is configured`);
    if (config.kind === "openai") return this.#openOpenAi(name, config);
    return config.endpoint === undefined
      ? this.#openOnnx(name, config)
      : this.#openRemote(name, config, config.endpoint);
  }

  async #openOnnx(
    name: string,
    config: Extract<EmbedderConfig, { kind: "onnx" }>,
  ): Promise<OpenedEmbedder> {
    const embedder = await OnnxEmbedder.open({
      modelDirectory: modelDirectoryOf(config.model),
      device: config.device,
      workersMax: memoryBudget(this.#config.server.memoryBytesMax).modelThreadsMax,
      ...(config.workers === undefined ? {} : { workers: config.workers }),
      ...(config.batchTokensMax === undefined ? {} : { tokensPerRunMax: config.batchTokensMax }),
    });
    this.#closing.use(embedder);
    const { golden } = embedder;
    if (golden.verdict === "warn") {
      this.#logger.warn({ mean: golden.mean, min: golden.min }, "golden texts are not quite met");
    }
    const { model, dimension } = embedder.space;
    const met = golden.verdict === "warn" ? "golden texts nearly match" : "golden texts match";
    return {
      embedder: this.#metered(name, embedder),
      queuedTexts: () => embedder.load.queuedTexts,
      note: `${model} · ${dimension} · ${met}`,
    };
  }

  /** Vectors come from another process; tokens are counted here, by the same tokenizer. */
  async #openRemote(
    name: string,
    config: Extract<EmbedderConfig, { kind: "onnx" }>,
    target: string,
  ): Promise<OpenedEmbedder> {
    const tokenizer = await openTokenizer(modelDirectoryOf(config.model));
    const { model: asked } = tokenizer;
    const tls = config.tls && { tls: readPem(`embedders.${name}.tls`, config.tls) };
    const embedder = await RpcEmbedder.connect({ target, model: asked, tokenizer, ...tls });
    this.#closing.use(embedder);
    const { model, dimension } = embedder.space;
    const note = `${model} · ${dimension} · over gRPC at ${target}`;
    return { embedder: this.#metered(name, embedder), queuedTexts: () => ({}), note };
  }

  #metered(name: string, embedder: Embedder): Embedder {
    return meteredEmbedder(embedder, (used) =>
      this.#meter({ ...used, embedder: name, unconfirmed: 0 }),
    );
  }

  async #openOpenAi(
    name: string,
    config: Extract<EmbedderConfig, { kind: "openai" }>,
  ): Promise<OpenedEmbedder> {
    // Its tables of tokens are large, and few need them.
    const { OpenAiEmbedder } = await import("@tidemark/openai");
    const embedder = await OpenAiEmbedder.open({
      baseUrl: config.baseUrl,
      model: config.model,
      dimensions: config.dimensions,
      apiKey: config.apiKey?.reveal() ?? null,
      tokensMax: config.maxTokens,
      batchTextsMax: config.batchTextsMax,
      batchTokensMax: config.batchTokensMax,
      requestsMax: config.requestsMax,
      timeoutMs: config.timeoutMs,
      documentPrefix: config.prefixes.document ?? "",
      queryPrefix: config.prefixes.query ?? "",
      pricePerMillionTokens: config.price?.perMillionTokens ?? 0,
      budgetPerDay: config.budget?.perDay ?? null,
      budgetState: this.#spending.read(name),
      onSpent: (state) => this.#spending.write(name, state),
      onBilled: (spent) => this.#meter({ ...spent, embedder: name }),
      onBudget: (reached) => {
        this.#logger.warn({ embedder: name, ...reached }, "budget is spent; embedding waits");
        this.#meter({ ...nothingOf(name), reachedPerDay: reached.perDay });
      },
    });
    this.#closing.use(embedder);
    return {
      embedder,
      queuedTexts: () => embedder.queuedTexts,
      note: `${config.model} · ${config.dimensions} · ${new URL(config.baseUrl).host}`,
    };
  }
}

/** A bill of nothing, for what else it says. */
function nothingOf(embedder: string): Omit<Bill, "atMs"> {
  return { ...payerOf(othersPayer, null), embedder, tokens: 0, cost: 0, unconfirmed: 0 };
}

function differenceOf(embedder: Embedder, recipe: Recipe): string | null {
  for (const [field, value] of Object.entries(recipe.space)) {
    const own = (embedder.space as unknown as Readonly<Record<string, unknown>>)[field];
    if (field !== "model" && own !== value) return `${field} is ${String(own)}, not ${value}`;
  }
  return null;
}
