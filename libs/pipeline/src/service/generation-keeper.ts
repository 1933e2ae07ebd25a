/**
 * Decides about the generations: builds a wanted one beside the active one, switches when it is
 * complete, retires what was replaced. Nothing is ever mixed, and nothing that answers is wiped.
 */
import {
  nextGenerationState,
  promote,
  type Generation,
  type GenerationId,
  type Recipe,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
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
import { beganAnew } from "./began-anew.ts";
import type { Catalogue } from "./catalogue.ts";
import type { GenerationLines } from "./generation-lines.ts";
import type { Generations } from "./generations.ts";

export interface KeeperOptions {
  readonly catalogue: Catalogue;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly generations: Generations;
  /** What keeps them in this process. */
  readonly lines: GenerationLines;
  /** How long a replaced generation stays fresh. */
  readonly keepMs: number;
}

const lookEveryMs = 250;
const tidyEveryMs = 30_000;

/** An offset for each partition. */
type Ends = ReadonlyMap<number, number>;

/** Where the log ended when it was looked at, which a building generation has to reach. */
interface Goals {
  mutations: Ends | null;
  chunks: Ends | null;
}

export class GenerationKeeper {
  readonly #options: KeeperOptions;
  readonly #goals = new Map<GenerationId, Goals>();
  #tidiedAtMs: number | null = null;
  /** What the config or a person asked for last: nothing else is ever switched to. */
  #wanted: string | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Starts every generation's line; the very first generation is active at once. */
  async start(wanted: { readonly recipe: Recipe; readonly fingerprint: string }): Promise<void> {
    const { catalogue, clock } = this.#options;
    this.#wanted = wanted.fingerprint;
    await this.#adopt();
    if (!catalogue.active) {
      const first = this.#describe(wanted, "active", clock.nowMs());
      await this.#put([{ ...first, activatedAtMs: clock.nowMs() }]);
    }
    const { building } = this.#options.generations;
    if (building && building.fingerprint !== this.#wanted)
      await this.#retire(building, "abandoned");
    await this.#options.lines.sync();
  }

  /**
   * Written down in the catalogue, and in the index for when the catalogue is lost. Whoever reads of
   * a generation finds it whole in the index: it is made there first.
   */
  async #put(generations: readonly Generation[]): Promise<void> {
    const { catalogue, index } = this.#options;
    const isKept = ({ state }: Generation) => state !== "retired";
    for (const { id, recipe } of generations.filter(isKept)) {
      await index.ensureGeneration(id, recipe.space.dimension);
    }
    await catalogue.putGenerations(generations);
    await index.noteGenerations?.(catalogue.generations.filter(isKept));
  }

  /** A catalogue that was lost is taken from what the index has noted of its generations. */
  async #adopt(): Promise<void> {
    const { catalogue, index, logger } = this.#options;
    if (catalogue.generations.length > 0) return;
    const noted = (await index.notedGenerations?.()) ?? [];
    if (noted.length === 0) return;
    await this.#put(noted);
    logger.warn({ generations: noted.map(({ id }) => id) }, beganAnew.adopted);
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
    const before = this.#options.generations.building;
    if (before?.fingerprint === wanted.fingerprint) return before;
    if (before) await this.#retire(before, "abandoned");
    const kept = catalogue.generations.find(
      ({ fingerprint, state }) => state === "retiring" && fingerprint === wanted.fingerprint,
    );
    if (kept && this.#options.lines.line(kept.id)) {
      // It never stopped consuming, so going back to it builds nothing.
      await this.#put(promote(catalogue.generations, kept.id, clock.nowMs()));
      return kept;
    }
    const generation = this.#describe(wanted, "building", clock.nowMs());
    await this.#put([generation]);
    await this.#options.lines.sync();
    return generation;
  }

  /** Watches builds and retirements until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#advance();
        await this.#tidy();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "generations wait");
      }
      await clock.sleep(lookEveryMs, signal);
    }
  }

  async #advance(): Promise<void> {
    const { catalogue, clock, logger } = this.#options;
    const { building } = this.#options.generations;
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
      await this.#put(promote(ready, generation.id, clock.nowMs()));
      logger.info({ generation: generation.id }, "generation switched");
    }
    for (const generation of catalogue.generations) {
      const { retiringSinceMs, state } = generation;
      if (state !== "retiring" || retiringSinceMs === null) continue;
      if (clock.nowMs() - retiringSinceMs < this.#options.keepMs) continue;
      await this.#retire(generation, "expired");
    }
  }

  /** The index is as the catalogue says, whoever died half-way and whatever became of the index. */
  async #tidy(): Promise<void> {
    const { catalogue, clock, index } = this.#options;
    const isFirst = this.#tidiedAtMs === null;
    if (this.#tidiedAtMs !== null && clock.nowMs() - this.#tidiedAtMs < tidyEveryMs) return;
    const [retired, kept] = partition(catalogue.generations, ({ state }) => state === "retired");
    if (isFirst) for (const { id } of retired) await index.dropGeneration(id);
    const noted = new Set((await index.notedGenerations?.())?.map(({ id }) => id));
    if (kept.some(({ id }) => !noted.has(id))) await index.noteGenerations?.(kept);
    this.#tidiedAtMs = clock.nowMs();
  }

  /**
   * Complete when it has applied all that the log held when it was looked at, chunks and all, and
   * its restrictor has passed where the active one's is now. Whatever comes meanwhile comes to both.
   */
  async #isComplete(id: GenerationId): Promise<boolean> {
    const goals = this.#goals.get(id) ?? { mutations: null, chunks: null };
    this.#goals.set(id, goals);
    goals.mutations ??= await this.#ends(mutationsTopic);
    const chunked = await this.#reached(mutationsTopic, chunkerGroup(id));
    if (!hasPassed(chunked, goals.mutations)) return false;
    goals.chunks ??= await this.#ends(chunksTopic(id));
    const upserted = await this.#reached(chunksTopic(id), upserterGroup(id));
    if (!hasPassed(upserted, goals.chunks)) return false;
    const active = await this.#reached(
      mutationsTopic,
      restrictorGroup(this.#options.generations.active.id),
    );
    return hasPassed(await this.#reached(mutationsTopic, restrictorGroup(id)), active);
  }

  async #ends(topic: string): Promise<Ends> {
    const ranges = await this.#options.log.ranges(topic);
    return new Map(ranges.map(({ partition, end }) => [partition, end]));
  }

  async #reached(topic: string, group: string): Promise<Ends> {
    return await this.#options.log.acknowledged(topic, group);
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

  async #retire(generation: Generation, event: "expired" | "abandoned"): Promise<void> {
    const { catalogue, index, logger } = this.#options;
    const state = nextGenerationState(generation.state, event);
    if (!state || catalogue.active?.id === generation.id) return;
    this.#goals.delete(generation.id);
    await this.#put([{ ...generation, state }]);
    await this.#options.lines.stop(generation.id);
    await index.dropGeneration(generation.id);
    await this.#options.log.dropTopic(chunksTopic(generation.id));
    logger.info({ generation: generation.id }, "generation retired");
  }
}

function partition<T>(all: readonly T[], is: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

function hasPassed(reached: Ends, ends: Ends): boolean {
  return [...ends].every(([partition, end]) => (reached.get(partition) ?? 0) >= end);
}
