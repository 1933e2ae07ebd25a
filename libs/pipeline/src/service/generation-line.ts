/** The three stages that keep one generation: its restrictor, its chunker and its upserter. */
import {
  WatermarkTracker,
  type ChunkerSettings,
  type CoalescingWindow,
  type Generation,
  type Marker,
  type Mutation,
  type Normalization,
  type SourceName,
  type Token,
} from "@tidemark/domain";
import type { ChunkPart, UpsertMutation } from "../chunk-record.ts";
import type { PipelineObserver } from "../observer.ts";
import type { ContentStore } from "../ports/document-source.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { TextExtractor } from "../ports/extractor.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";
import type { RunnerOptions } from "../run-stage/runner-options.ts";
import { runStage, type StageRunner } from "../run-stage/stage-runner.ts";
import { chunkStage } from "../stages/chunk.ts";
import { DocumentChunker, type ChunkerDependencies } from "../stages/document-chunker.ts";
import { restrictStage } from "../stages/restrict.ts";
import { upsertStage } from "../stages/upsert.ts";

export interface LineOptions {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly token: () => Token;
  readonly logger: PipelineLogger;
  readonly observer: PipelineObserver;
  readonly extractor: TextExtractor;
  readonly contents: ReadonlyMap<SourceName, ContentStore>;
  readonly windowOf: (source: SourceName) => CoalescingWindow;
  readonly accepted: (mutation: Mutation) => boolean;
  readonly restate: (
    mutations: readonly Mutation[],
    rechunk: (mutation: UpsertMutation) => Promise<void>,
  ) => Promise<void>;
}

interface Runners {
  restrictor?: StageRunner<Mutation>;
  chunker?: StageRunner<UpsertMutation>;
  upserter?: StageRunner<ChunkPart>;
}

const noSignal = new AbortController().signal;

export class GenerationLine {
  readonly generation: Generation;
  readonly embedder: Embedder;
  readonly restricted: WatermarkTracker;
  readonly searchable: WatermarkTracker;
  readonly #options: LineOptions;
  readonly #isActive: () => boolean;
  readonly #documentChunker: DocumentChunker;
  readonly #runners: Runners = {};

  constructor(
    generation: Generation,
    embedder: Embedder,
    isActive: () => boolean,
    partitions: number,
    options: LineOptions,
  ) {
    this.generation = generation;
    this.embedder = embedder;
    this.#isActive = isActive;
    this.#options = options;
    this.restricted = new WatermarkTracker(partitions);
    this.searchable = new WatermarkTracker(partitions);
    this.#documentChunker = new DocumentChunker(this.#chunkerDependencies());
  }

  /** Everything of the source before this time is restricted and searchable; null while unknown. */
  completeUpToMs(source: SourceName): number | null {
    const restricted = this.restricted.completeTo(source);
    const searchable = this.searchable.completeTo(source);
    return restricted === null || searchable === null ? null : Math.min(restricted, searchable);
  }

  states(): readonly { stage: string; waiting: number; trouble: string | null }[] {
    return Object.entries(this.#runners).map(([stage, runner]) => ({
      stage,
      waiting: runner.waiting,
      trouble: runner.trouble,
    }));
  }

  /** Runs until aborted. Rejects on a bug in any stage, after the others have stopped. */
  async run(signal: AbortSignal): Promise<void> {
    const { id, recipe } = this.generation;
    await this.#options.index.ensureGeneration(id, recipe.space.dimension);
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const stages = [this.#restrictor(stop), this.#chunker(stop), this.#upserter(stop)];
    const settled = await Promise.allSettled(
      stages.map((stage) =>
        stage.catch((error: unknown) => {
          failed.abort();
          throw error;
        }),
      ),
    );
    const broken = settled.find((outcome) => outcome.status === "rejected");
    if (broken) throw broken.reason;
  }

  #restrictor(signal: AbortSignal): Promise<void> {
    const stage = restrictStage({
      ...this.#options,
      restate: (mutations) => this.#restate(mutations),
      generation: this.generation.id,
      passed: (marker: Marker, partition) => this.restricted.note(marker, partition),
    });
    return runStage(stage, this.#runnerOptions(), signal, (runner) => {
      this.#runners.restrictor = runner;
    });
  }

  /** Chunks a revision once more, whatever the group has passed; `signal` stops it. */
  rechunk(mutation: UpsertMutation, signal: AbortSignal = noSignal): Promise<void> {
    return this.#documentChunker.chunk(mutation, signal);
  }

  #chunkerDependencies(): ChunkerDependencies {
    const { chunker, normalizer } = this.generation.recipe;
    const settings: ChunkerSettings = {
      kind: chunker.kind === "recursive" ? "recursive" : "structure",
      tokensMax: chunker.tokensMax,
      chunksMax: chunker.chunksMax,
    };
    return {
      ...this.#options,
      generation: this.generation.id,
      settings,
      normalization: normalizer.form as Normalization,
      countTokens: (text) => this.embedder.countTokens(text),
    };
  }

  #chunker(signal: AbortSignal): Promise<void> {
    const { windowOf } = this.#options;
    const dependencies = {
      ...this.#options,
      ...this.#chunkerDependencies(),
      // A history that is caught up with has nothing to wait for.
      windowOf: (source: SourceName) => (this.#isActive() ? windowOf(source) : null),
    };
    const stage = chunkStage(dependencies, this.#documentChunker);
    return runStage(stage, this.#runnerOptions(), signal, (runner) => {
      this.#runners.chunker = runner;
    });
  }

  #upserter(signal: AbortSignal): Promise<void> {
    const stage = upsertStage({
      ...this.#options,
      embedder: this.embedder,
      generation: this.generation.id,
      fingerprint: this.generation.fingerprint,
      isActive: this.#isActive,
      restate: (part) => this.#restate([part.mutation]),
      passed: (marker, partition) => this.searchable.note(marker, partition),
    });
    return runStage(stage, this.#runnerOptions(), signal, (runner) => {
      this.#runners.upserter = runner;
    });
  }

  /** What a pushed document was is chunked again in this very generation. */
  #restate(mutations: readonly Mutation[]): Promise<void> {
    return this.#options.restate(mutations, (mutation) => this.rechunk(mutation));
  }

  #runnerOptions(): RunnerOptions {
    const { log, index, clock, chance, logger, observer } = this.#options;
    return { log, index, generation: this.generation.id, clock, chance, logger, observer };
  }
}
