import type { DriftFinding, GenerationId } from "@tidemark/domain";

/** What the sentinels of each generation found at their last run. */
export interface SentinelReport {
  readonly everyMs: number;
  readonly generations: readonly {
    readonly generation: GenerationId;
    readonly state: string;
    /** When the vectors that are compared with were made; null before the first run. */
    readonly baselineAtMs: number | null;
    /** It was taken when the generation was not young any more: what came before is not known. */
    readonly isBaselineLate: boolean;
    readonly ranAtMs: number | null;
    readonly tookMs: number | null;
    readonly sentinels: number;
    /** Cosine distances to the baseline; null before the first run. */
    readonly distances: readonly { readonly quantile: number; readonly distance: number | null }[];
    readonly questions: number;
    /** Share of the questions' top 10 in common with the run before; null where there is none. */
    readonly overlap: number | null;
    /** Share of the true neighbours that a search finds; null where there are no points. */
    readonly recall: number | null;
    readonly findings: readonly (DriftFinding & { readonly sinceMs: number })[];
  }[];
}
