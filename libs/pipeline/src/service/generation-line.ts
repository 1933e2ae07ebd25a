/**
 * The stages that keep one generation: its restrictor, its chunker and its upserter, all of them or
 * those that this process runs.
 */
import {
  type ChunkerSettings,
  type CoalescingWindow,
  type Generation,
  type Marker,
  type Mutation,
  type Normalization,
  type PointDigest,
  type SourceName,
  type Token,
} from "@tidemark/domain";
import type { ChunkPart, UpsertMutation } from "../chunk-record.ts";
import { TransientError } from "../errors.ts";
import type { PipelineObserver } from "../observer.ts";
import type { ContentStore } from "../ports/document-source.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { TextExtractor } from "../ports/extractor.ts";
import type { Progress, VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";
import type { RunnerOptions } from "../run-stage/runner-options.ts";
import { runStage, type StageRunner } from "../run-stage/stage-runner.ts";
import { chunkStage } from "../stages/chunk.ts";
import { DocumentChunker, type ChunkerDependencies } from "../stages/document-chunker.ts";
import type { Pace } from "../stages/pace.ts";
import { replayStage } from "../stages/replay.ts";
import { restrictStage } from "../stages/restrict.ts";
import { upsertStage } from "../stages/upsert.ts";
import type { ReplayJob } from "./replay-job.ts";
import { chunkerGroup, chunksTopic } from "../topics.ts";
import type { LineStage, StageBoard, StageCondition } from "./stage-board.ts";

export interface LineOptions {
  /** Those that this process runs; none where it only asks. */
  readonly stages: ReadonlySet<LineStage>;
  readonly board: StageBoard;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly token: () => Token;
  readonly logger: PipelineLogger;
  readonly observer: PipelineObserver;
  /** Of what each stage takes ahead of its work. */
  readonly lookaheadBytesMax?: number;
  readonly progressTopic: (topic: string) => Promise<string>;
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
const indexAgainAfterMs = 1_000;
/** A replay may go slowly, and keeps what it has taken until then. */
const replayLookahead = { lookaheadRecordsMax: 2_000, lookaheadBytesMax: 8 << 20 };

export class GenerationLine {
  readonly generation: Generation;
  /** Of the topics that its stages read. */
  readonly partitions: { readonly mutations: number; readonly chunks: number };
  readonly #embedder: Embedder | null;
  readonly #options: LineOptions;
  readonly #isActive: () => boolean;
  readonly #isRetired: () => Promise<boolean>;
  readonly #documentChunker: DocumentChunker;
  readonly #runners: Runners = {};
  readonly #replays = new Map<string, StageRunner<UpsertMutation>>();
  readonly #replaying = new Set<Promise<void>>();
  /** Null until its generation is there to be written to. */
  #stop: AbortSignal | null = null;

  constructor(
    of: {
      readonly generation: Generation;
      /** Null where no stage of this process needs one. */
      readonly embedder: Embedder | null;
      readonly isActive: () => boolean;
      /** As the catalogue has it now. */
      readonly isRetired: () => Promise<boolean>;
      readonly partitions: GenerationLine["partitions"];
    },
    options: LineOptions,
  ) {
    this.generation = of.generation;
    this.partitions = of.partitions;
    this.#embedder = of.embedder;
    this.#isActive = of.isActive;
    this.#isRetired = of.isRetired;
    this.#options = options;
    this.#documentChunker = new DocumentChunker(this.#chunkerDependencies());
  }

  /** @throws Error in a process that was not meant to embed */
  get embedder(): Embedder {
    if (!this.#embedder) throw new Error(`${this.generation.id} has no embedder in this process`);
    return this.#embedder;
  }

  /** Everything of the source before this time is restricted; null while unknown. */
  restrictedUpToMs(source: SourceName): number | null {
    return this.#completeTo("restrictor", source);
  }

  /** Everything of the source before this time is restricted and searchable; null while unknown. */
  completeUpToMs(source: SourceName): number | null {
    const restricted = this.#completeTo("restrictor", source);
    const searchable = this.#completeTo("upserter", source);
    return restricted === null || searchable === null ? null : Math.min(restricted, searchable);
  }

  /** The stages of this process. */
  conditions(): readonly StageCondition[] {
    const generation = this.generation.id;
    const runners: readonly (readonly [string, Pick<StageCondition, "trouble" | "waiting">])[] = [
      ...Object.entries(this.#runners),
      ...[...this.#replays.values()].map((runner) => ["replayer", runner] as const),
    ];
    return runners.map(([stage, { trouble, waiting }]) => ({
      stage,
      generation,
      waiting,
      trouble,
    }));
  }

  /** Whether its generation is there to be written to. */
  get isRunning(): boolean {
    return this.#stop !== null && !this.#stop.aborted;
  }

  /** Runs until aborted. Rejects on a bug in any stage, after the others have stopped. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#untilEnsured(signal);
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    this.#stop = stop;
    const runs = {
      restrictor: () => this.#restrictor(stop),
      chunker: () => this.#chunker(stop),
      upserter: () => this.#upserter(stop),
    };
    const settled = await Promise.allSettled(
      [...this.#options.stages].map((stage) =>
        runs[stage]().catch((error: unknown) => {
          failed.abort();
          throw error;
        }),
      ),
    );
    await Promise.allSettled(this.#replaying);
    const broken = settled.find((outcome) => outcome.status === "rejected");
    if (broken) throw broken.reason;
  }

  /** An index that is away when a process starts is waited for, as by the stages later on. */
  async #untilEnsured(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const { id } = this.generation;
    while (!signal.aborted) {
      try {
        await this.#ensureGeneration();
        return;
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ generation: id, problem: error.message }, "generation waits for the index");
      }
      await clock.sleep(indexAgainAfterMs, signal);
    }
  }

  /**
   * Whoever retires a generation says so before it drops it: what is made here is either dropped
   * there, after this, or found retired here, and dropped again.
   */
  async #ensureGeneration(): Promise<boolean> {
    const { index } = this.#options;
    const { id, recipe } = this.generation;
    if (await this.#isRetired()) return false;
    await index.ensureGeneration(id, recipe.space.dimension);
    if (!(await this.#isRetired())) return true;
    await index.dropGeneration(id);
    return false;
  }

  /** Chunks the range of a job again until aborted, or until the line ends. Rejects on a bug. */
  async replay(
    job: ReplayJob,
    {
      signal,
      ...around
    }: {
      readonly pace: Pace;
      readonly replayed: (documents: number) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    if (!this.#stop) throw new Error(`${this.generation.id} is not kept in this process`);
    const dependencies = {
      ...this.#options,
      ...this.#chunkerDependencies(),
      ...around,
      windowOf: () => null,
    };
    const stage = replayStage(job, dependencies, this.#documentChunker);
    const options = { ...this.#runnerOptions(), ...replayLookahead, index: null };
    const running = runStage(stage, options, AbortSignal.any([signal, this.#stop]), (runner) => {
      this.#replays.set(job.id, runner);
    });
    this.#replaying.add(running);
    try {
      await running;
    } finally {
      this.#replaying.delete(running);
      this.#replays.delete(job.id);
    }
  }

  #restrictor(signal: AbortSignal): Promise<void> {
    const stage = restrictStage({
      ...this.#options,
      restate: (mutations) => this.#restate(mutations),
      generation: this.generation.id,
      ...this.#tells("restrictor"),
    });
    return runStage(stage, this.#runnerOptions(), signal, (runner) => {
      this.#runners.restrictor = runner;
    });
  }

  /** Chunks a revision once more, whatever the group has passed; `signal` stops it. */
  rechunk(mutation: UpsertMutation, signal: AbortSignal = noSignal): Promise<void> {
    return this.#documentChunker.chunk(mutation, signal);
  }

  /** The points that a revision's content has, or null where it is another by now. */
  cut(mutation: UpsertMutation, signal: AbortSignal): Promise<readonly PointDigest[] | null> {
    return this.#documentChunker.cut(mutation, signal);
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
    const progressTopic = (topic: string) => this.#chunkerProgress(topic);
    return runStage(stage, { ...this.#runnerOptions(), progressTopic }, signal, (runner) => {
      this.#runners.chunker = runner;
    });
  }

  /**
   * Chunks that were lost, with their topic or with time, are made again: the chunker's progress has
   * another name then, under which there is none. What was cut is what the two topics hold.
   */
  async #chunkerProgress(topic: string): Promise<string> {
    const { index, progressTopic } = this.#options;
    const read = await progressTopic(topic);
    const lost = await this.#lostChunks();
    const losses = [...(await index.progress(lost.topic, lost.group)).values()];
    const times = losses.reduce((sum, each) => sum + each, 0);
    const again = times === 0 ? "" : ` again ${times}`;
    // One database loses neither without the other.
    if (read === topic) return topic + again;
    return `${read} ${await progressTopic(chunksTopic(this.generation.id))}${again}`;
  }

  /** How often chunks of a partition were gone before they were read, kept as progress that grows. */
  async #lostChunks(): Promise<Pick<Progress, "group" | "topic">> {
    const { id } = this.generation;
    const topic = await this.#options.progressTopic(chunksTopic(id));
    return { topic: `${topic} unread`, group: chunkerGroup(id) };
  }

  async #cutAgain(partition: number): Promise<void> {
    const { index } = this.#options;
    const lost = await this.#lostChunks();
    const times = (await index.progress(lost.topic, lost.group)).get(partition) ?? 0;
    await index.writeProgress([{ ...lost, partition, offset: times + 1 }]);
  }

  #upserter(signal: AbortSignal): Promise<void> {
    const stage = upsertStage({
      ...this.#options,
      embedder: this.embedder,
      generation: this.generation.id,
      fingerprint: this.generation.fingerprint,
      isActive: this.#isActive,
      restate: (part) => this.#restate([part.mutation]),
      ...this.#tells("upserter"),
    });
    const makeAgain = (partition: number) => this.#cutAgain(partition);
    return runStage(stage, { ...this.#runnerOptions(), makeAgain }, signal, (runner) => {
      this.#runners.upserter = runner;
    });
  }

  #tells(stage: LineStage) {
    const { board } = this.#options;
    const generation = this.generation.id;
    return {
      passed: (marker: Marker, partition: number) =>
        board.note({ generation, stage, partition }, marker),
      lost: (partition: number) => board.lost({ generation, stage, partition }),
    };
  }

  #completeTo(stage: LineStage, source: SourceName): number | null {
    const { chunks, mutations } = this.partitions;
    const partitions = stage === "upserter" ? chunks : mutations;
    const generation = this.generation.id;
    return this.#options.board.completeTo({ generation, stage }, { source, partitions });
  }

  /** What a pushed document was is chunked again in this very generation. */
  #restate(mutations: readonly Mutation[]): Promise<void> {
    return this.#options.restate(mutations, (mutation) => this.rechunk(mutation));
  }

  #runnerOptions(): RunnerOptions {
    const { log, index, clock, chance, logger, observer } = this.#options;
    const { lookaheadBytesMax, progressTopic } = this.#options;
    return {
      log,
      index,
      generation: this.generation.id,
      clock,
      chance,
      logger,
      observer,
      progressTopic,
      ensureIndex: () => this.#ensureGeneration(),
      ...(lookaheadBytesMax === undefined ? {} : { lookaheadBytesMax }),
    };
  }
}
