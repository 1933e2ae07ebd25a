/**
 * Keeps the generations: runs a line for each that consumes, builds a wanted one beside the active
 * one, and switches when it is complete. Nothing is ever mixed, and nothing that answers is wiped.
 */
import {
  isConsuming,
  nextGenerationState,
  promote,
  type Generation,
  type GenerationId,
  type Recipe,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import {
  chunkerGroup,
  chunksTopic,
  mutationsTopic,
  restrictorGroup,
  upserterGroup,
} from "../topics.ts";
import type { Catalogue } from "./catalogue.ts";
import { GenerationLine, type LineOptions } from "./generation-line.ts";

export interface KeeperOptions {
  readonly catalogue: Catalogue;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly line: LineOptions;
  /** Opens the embedder of a recipe; throws when this process cannot make such vectors. */
  readonly openEmbedder: (recipe: Recipe) => Promise<Embedder>;
  /** How long a replaced generation stays fresh. */
  readonly keepMs: number;
  /** Called with whatever ends a line that was not told to stop. */
  readonly failed: (error: unknown) => void;
}

const lookEveryMs = 250;

/** An offset for each partition. */
type Ends = ReadonlyMap<number, number>;

interface Running {
  readonly line: GenerationLine;
  /** Where the log ended when it was looked at, which a building generation has to reach. */
  readonly goals: { mutations: Ends | null; chunks: Ends | null };
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class GenerationKeeper {
  readonly #options: KeeperOptions;
  readonly #running = new Map<GenerationId, Running>();
  readonly #unavailable = new Map<GenerationId, string>();
  /** What the config or a person asked for last: nothing else is ever switched to. */
  #wanted: string | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get active(): Generation {
    const { active } = this.#options.catalogue;
    if (!active) throw new Error("there is no active generation yet");
    return active;
  }

  line(id: GenerationId): GenerationLine | null {
    return this.#running.get(id)?.line ?? null;
  }

  get lines(): readonly GenerationLine[] {
    return [...this.#running.values()].map(({ line }) => line);
  }

  /** Why this process cannot keep or query a generation; null when it can. */
  unavailable(id: GenerationId): string | null {
    return this.#unavailable.get(id) ?? null;
  }

  /** Starts every generation's line; the very first generation is active at once. */
  async start(wanted: { readonly recipe: Recipe; readonly fingerprint: string }): Promise<void> {
    const { catalogue, clock } = this.#options;
    this.#wanted = wanted.fingerprint;
    if (!catalogue.active) {
      const first = this.#describe(wanted, "active", clock.nowMs());
      await catalogue.putGenerations([{ ...first, activatedAtMs: clock.nowMs() }]);
    }
    const { building } = this;
    if (building && building.fingerprint !== this.#wanted)
      await this.#retire(building, "abandoned");
    for (const generation of catalogue.generations) {
      if (isConsuming(generation.state)) await this.#startLine(generation);
    }
  }

  /** The generation being built, if any. */
  get building(): Generation | null {
    const { generations } = this.#options.catalogue;
    return (
      generations.find(({ state }) => ["building", "validating", "ready"].includes(state)) ?? null
    );
  }

  /**
   * Begins to build a generation beside the active one; one that is being built is abandoned, and
   * one that was replaced and is still kept fresh answers again at once.
   */
  async build(wanted: {
    readonly recipe: Recipe;
    readonly fingerprint: string;
  }): Promise<Generation> {
    const { catalogue, clock } = this.#options;
    this.#wanted = wanted.fingerprint;
    const before = this.building;
    if (before?.fingerprint === wanted.fingerprint) return before;
    if (before) await this.#retire(before, "abandoned");
    const kept = catalogue.generations.find(
      ({ fingerprint, state }) => state === "retiring" && fingerprint === wanted.fingerprint,
    );
    if (kept && this.#running.has(kept.id)) {
      // It never stopped consuming, so going back to it builds nothing.
      await catalogue.putGenerations(promote(catalogue.generations, kept.id, clock.nowMs()));
      return kept;
    }
    const generation = this.#describe(wanted, "building", clock.nowMs());
    await catalogue.putGenerations([generation]);
    await this.#startLine(generation);
    return generation;
  }

  /** Watches builds and retirements until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#advance();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "generations wait");
      }
      await clock.sleep(lookEveryMs, signal);
    }
    for (const running of this.#running.values()) running.stop.abort();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /**
   * From 0 to 1: how much of the log a building generation has applied, by records; null when it is
   * not being kept here.
   */
  async progress(id: GenerationId): Promise<number | null> {
    if (!this.#running.has(id)) return null;
    const { log } = this.#options;
    const behind = await this.#behind(id);
    const ranges = await log.ranges(mutationsTopic);
    const records = ranges.reduce((sum, range) => sum + range.end - range.begin, 0);
    return records === 0 ? 1 : Math.max(0, 1 - behind / (3 * records));
  }

  async #advance(): Promise<void> {
    const { catalogue, clock, logger } = this.#options;
    const { building } = this;
    const isWanted = building?.fingerprint === this.#wanted;
    if (building && isWanted && (await this.#isComplete(building.id))) {
      let generation = building;
      for (const event of ["backfilled", "passed"] as const) {
        const state = nextGenerationState(generation.state, event);
        if (state) generation = { ...generation, state };
      }
      const ready = catalogue.generations.map((each) =>
        each.id === generation.id ? generation : each,
      );
      await catalogue.putGenerations(promote(ready, generation.id, clock.nowMs()));
      logger.info({ generation: generation.id }, "generation switched");
    }
    for (const generation of catalogue.generations) {
      const { retiringSinceMs, state } = generation;
      if (state !== "retiring" || retiringSinceMs === null) continue;
      if (clock.nowMs() - retiringSinceMs < this.#options.keepMs) continue;
      await this.#retire(generation, "expired");
    }
  }

  /**
   * Complete when it has applied all that the log held when it was looked at, chunks and all, and
   * its restrictor has passed where the active one's is now. Whatever comes meanwhile comes to both.
   */
  async #isComplete(id: GenerationId): Promise<boolean> {
    const goals = this.#running.get(id)?.goals;
    if (!goals) return false;
    goals.mutations ??= await this.#ends(mutationsTopic);
    const chunked = await this.#reached(mutationsTopic, chunkerGroup(id));
    if (!hasPassed(chunked, goals.mutations)) return false;
    goals.chunks ??= await this.#ends(chunksTopic(id));
    const upserted = await this.#reached(chunksTopic(id), upserterGroup(id));
    if (!hasPassed(upserted, goals.chunks)) return false;
    const active = await this.#reached(mutationsTopic, restrictorGroup(this.active.id));
    return hasPassed(await this.#reached(mutationsTopic, restrictorGroup(id)), active);
  }

  async #ends(topic: string): Promise<Ends> {
    const ranges = await this.#options.log.ranges(topic);
    return new Map(ranges.map(({ partition, end }) => [partition, end]));
  }

  async #reached(topic: string, group: string): Promise<Ends> {
    return await this.#options.log.acknowledged(topic, group);
  }

  async #behind(id: GenerationId): Promise<number> {
    const { log } = this.#options;
    const lags = await Promise.all([
      log.lag(mutationsTopic, restrictorGroup(id)),
      log.lag(mutationsTopic, chunkerGroup(id)),
      log.lag(chunksTopic(id), upserterGroup(id)),
    ]);
    return lags.reduce((sum, lag) => sum + lag, 0);
  }

  #describe(
    wanted: { readonly recipe: Recipe; readonly fingerprint: string },
    state: Generation["state"],
    nowMs: number,
  ): Generation {
    return {
      id: this.#options.catalogue.nextGenerationId(),
      state,
      fingerprint: wanted.fingerprint,
      recipe: wanted.recipe,
      createdAtMs: nowMs,
      activatedAtMs: null,
      retiringSinceMs: null,
    };
  }

  async #startLine(generation: Generation): Promise<void> {
    const { catalogue, failed, line, log, logger, openEmbedder } = this.#options;
    let embedder: Embedder;
    try {
      embedder = await openEmbedder(generation.recipe);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#unavailable.set(generation.id, problem);
      logger.error({ generation: generation.id, problem }, "generation cannot be kept");
      return;
    }
    this.#unavailable.delete(generation.id);
    const isActive = () => catalogue.active?.id === generation.id;
    const { partitions } = await log.identity(mutationsTopic);
    const kept = new GenerationLine(generation, embedder, isActive, partitions, line);
    const stop = new AbortController();
    const done = kept.run(stop.signal).catch((error: unknown) => failed(error));
    const goals = { mutations: null, chunks: null };
    this.#running.set(generation.id, { line: kept, goals, stop, done });
  }

  async #retire(generation: Generation, event: "expired" | "abandoned"): Promise<void> {
    const { catalogue, index, logger } = this.#options;
    const state = nextGenerationState(generation.state, event);
    if (!state || catalogue.active?.id === generation.id) return;
    const running = this.#running.get(generation.id);
    running?.stop.abort();
    await running?.done;
    this.#running.delete(generation.id);
    await catalogue.putGenerations([{ ...generation, state }]);
    await index.dropGeneration(generation.id);
    logger.info({ generation: generation.id }, "generation retired");
  }
}

function hasPassed(reached: Ends, ends: Ends): boolean {
  return [...ends].every(([partition, end]) => (reached.get(partition) ?? 0) >= end);
}
