/** When the vectors of an index were made, counted and never listed. */
import type { GenerationId, SourceName } from "@tidemark/domain";

export interface EmbeddingTimes {
  /**
   * How many of the source's stored points were embedded before the first of these rising times,
   * from each of them to the next, and from the last on: one number more than there are times. While
   * points are written and swept, it is right for no single moment.
   */
  embeddedBetween(
    generation: GenerationId,
    source: SourceName,
    timesMs: readonly number[],
  ): Promise<readonly number[]>;
}
