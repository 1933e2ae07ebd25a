/**
 * Runs a line for every generation that consumes, as the catalogue has them: in one process with all
 * stages, in a service with its own, in a gateway with none, only to be asked.
 */
import { isConsuming, type Generation, type GenerationId, type Recipe } from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { Embedder } from "../ports/embedder.ts";
import { chunksTopic, mutationsTopic } from "../topics.ts";
import type { Catalogue } from "./catalogue.ts";
import { GenerationLine, type LineOptions } from "./generation-line.ts";

export interface LinesOptions {
  readonly catalogue: Catalogue;
  readonly line: LineOptions;
  /**
   * Opens the embedder of a recipe; throws when this process cannot make such vectors, a
   * `TransientError` when it can later. Null for a process that never embeds nor counts tokens.
   */
  readonly openEmbedder: ((recipe: Recipe) => Promise<Embedder>) | null;
  /** Called with whatever ends a line that was not told to stop. */
  readonly failed: (error: unknown) => void;
}

interface Running {
  readonly line: GenerationLine;
  /** What the line's offsets hang on. */
  readonly identity: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

const lookEveryMs = 500;
const againAfterMs = 2_000;

export class GenerationLines {
  readonly #options: LinesOptions;
  readonly #running = new Map<GenerationId, Running>();
  readonly #unavailable = new Map<GenerationId, { readonly reason: string; againAtMs: number }>();
  #syncing: Promise<void> = Promise.resolve();

  constructor(options: LinesOptions) {
    this.#options = options;
    options.line.board.describeOwn(() => this.all.flatMap((line) => line.conditions()));
  }

  line(id: GenerationId): GenerationLine | null {
    return this.#running.get(id)?.line ?? null;
  }

  get all(): readonly GenerationLine[] {
    return [...this.#running.values()].map(({ line }) => line);
  }

  /** Why this process cannot keep or query a generation; null when it can. */
  unavailable(id: GenerationId): string | null {
    return this.#unavailable.get(id)?.reason ?? null;
  }

  /** Starts and stops lines until they are those of the catalogue. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.catch(() => {}).then(() => this.#sync());
    return this.#syncing;
  }

  async stop(id: GenerationId): Promise<void> {
    const running = this.#running.get(id);
    running?.stop.abort();
    await running?.done;
    if (running && this.#running.get(id) === running) this.#running.delete(id);
  }

  /** Follows the catalogue until aborted; then stops every line. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options.line;
    while (!signal.aborted) {
      try {
        await this.#options.catalogue.refresh();
        await this.sync();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "generations wait");
      }
      await clock.sleep(lookEveryMs, signal);
    }
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)));
  }

  async #sync(): Promise<void> {
    const { catalogue, line } = this.#options;
    const mutations = await line.log.identity(mutationsTopic);
    for (const generation of catalogue.generations) {
      const running = this.#running.get(generation.id);
      if (!isConsuming(generation.state)) {
        if (running) await this.stop(generation.id);
        continue;
      }
      const chunks = await line.log.identity(chunksTopic(generation.id));
      const identity = [mutations, chunks].map((topic) => `${topic.id}/${topic.partitions}`).join();
      if (running && running.identity !== identity) await this.stop(generation.id);
      if (!this.#running.has(generation.id)) {
        const partitions = { mutations: mutations.partitions, chunks: chunks.partitions };
        await this.#start(generation, { identity, partitions });
      }
    }
  }

  async #start(
    generation: Generation,
    {
      identity,
      partitions,
    }: { readonly identity: string; readonly partitions: GenerationLine["partitions"] },
  ): Promise<void> {
    const { catalogue, failed, line, openEmbedder } = this.#options;
    const nowMs = line.clock.nowMs();
    if ((this.#unavailable.get(generation.id)?.againAtMs ?? 0) > nowMs) return;
    let embedder: Embedder | null;
    try {
      embedder = openEmbedder && (await openEmbedder(generation.recipe));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const mayComeBack = error instanceof TransientError;
      const againAtMs = mayComeBack ? nowMs + againAfterMs : Number.POSITIVE_INFINITY;
      const before = this.#unavailable.get(generation.id);
      this.#unavailable.set(generation.id, { reason, againAtMs });
      if (before?.reason !== reason) {
        line.logger.error({ generation: generation.id, problem: reason }, "generation is not kept");
      }
      return;
    }
    this.#unavailable.delete(generation.id);
    const isActive = () => catalogue.active?.id === generation.id;
    const isRetired = async () => {
      await catalogue.refresh();
      return catalogue.generation(generation.id)?.state === "retired";
    };
    const kept = new GenerationLine(
      { generation, embedder, isActive, isRetired, partitions },
      line,
    );
    const stop = new AbortController();
    const done = kept.run(stop.signal).catch((error: unknown) => failed(error));
    this.#running.set(generation.id, { line: kept, identity, stop, done });
  }
}
