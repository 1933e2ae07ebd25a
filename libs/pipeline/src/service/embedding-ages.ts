/**
 * How old the vectors of each source are, counted again and again from what is stored: right after a
 * restart, and whatever was written past whoever counts. Counting takes a small share of the time.
 */
import {
  ageBoundsAt,
  embeddingAgeOf,
  type EmbeddingAge,
  type GenerationId,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { EmbeddingTimes } from "../ports/embedding-times.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";

export interface EmbeddingAgesOptions {
  readonly index: EmbeddingTimes;
  readonly sources: readonly SourceName[];
  readonly generation: () => GenerationId;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
}

const lookEveryMs = 5_000;
const pauseLeastMs = 60_000;
const pauseMostMs = 15 * 60_000;
/** Counting takes at most this share of the time, up to the longest pause. */
const countShare = 0.02;

export class EmbeddingAges {
  readonly #options: EmbeddingAgesOptions;
  #generation: GenerationId | null = null;
  #bySource = new Map<SourceName, EmbeddingAge | null>();

  constructor(options: EmbeddingAgesOptions) {
    this.#options = options;
  }

  /** Null while it was not counted, and of a source without a vector. */
  of(source: SourceName): EmbeddingAge | null {
    if (this.#generation !== this.#options.generation()) return null;
    return this.#bySource.get(source) ?? null;
  }

  /** Counts until aborted; at once when another generation becomes the active one. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, generation, logger } = this.#options;
    let dueAtMs = clock.nowMs();
    while (!signal.aborted) {
      const active = generation();
      const beganAtMs = clock.nowMs();
      if (beganAtMs >= dueAtMs || active !== this.#generation) {
        try {
          await this.#count(active, signal);
        } catch (error) {
          if (!(error instanceof TransientError)) throw error;
          logger.warn({ problem: error.message }, "ages of vectors wait");
        }
        dueAtMs = clock.nowMs() + this.#pauseAfter(clock.nowMs() - beganAtMs);
      }
      await clock.sleep(lookEveryMs, signal);
    }
  }

  /** An index that has nothing yet has something soon, and counting nothing costs nothing. */
  #pauseAfter(tookMs: number): number {
    const isEmpty = [...this.#bySource.values()].every((age) => age === null);
    return isEmpty ? 0 : Math.min(pauseMostMs, Math.max(pauseLeastMs, tookMs / countShare));
  }

  async #count(active: GenerationId, signal: AbortSignal): Promise<void> {
    const { clock, index, sources } = this.#options;
    const counted = new Map<SourceName, EmbeddingAge | null>();
    for (const source of sources) {
      if (signal.aborted) return;
      const atMs = clock.nowMs();
      const counts = await index.embeddedBetween(active, source, ageBoundsAt(atMs));
      counted.set(source, embeddingAgeOf(counts, atMs));
    }
    this.#bySource = counted;
    this.#generation = active;
  }
}
