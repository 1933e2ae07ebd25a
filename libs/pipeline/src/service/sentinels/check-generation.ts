/** One run of the sentinels over one generation: measured, compared, and told apart. */
import {
  benchmarkQueries,
  cosineDistance,
  diagnose,
  quantileOf,
  sentinelFamilies,
  sentinels,
  type DriftFinding,
  type Generation,
} from "@tidemark/domain";
import { TransientError } from "../../errors.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";
import { refuseBadVector } from "../../stages/vectors-for.ts";
import { embedSentinels, type Baseline } from "./baseline.ts";
import { runBenchmark, type Neighbours } from "./benchmark.ts";
import { sampleIndex, type SampleState } from "./sample.ts";

export const distanceQuantiles = [0.5, 0.9, 0.99, 1] as const;

/** What a run leaves behind for people and for the next run. */
export interface SentinelRun {
  readonly v: 1;
  readonly atMs: number;
  readonly tookMs: number;
  readonly baselineAtMs: number;
  readonly sentinels: number;
  /** In the order of `distanceQuantiles`. */
  readonly distances: readonly number[];
  readonly questions: number;
  readonly overlap: number | null;
  /** Of the true neighbours; null where the index has no points. */
  readonly recall: number | null;
  readonly findings: readonly (DriftFinding & { readonly sinceMs: number })[];
  readonly neighbours: readonly Neighbours[];
  readonly sample: SampleState;
}

export async function checkGeneration(input: {
  readonly generation: Generation;
  readonly embedder: Embedder;
  readonly index: VectorIndex;
  readonly baseline: Baseline;
  readonly before: SentinelRun | null;
  readonly nowMs: () => number;
  readonly embed: (
    texts: readonly string[],
    purpose: "document" | "query",
  ) => ReturnType<Embedder["embed"]>;
}): Promise<SentinelRun> {
  const { baseline, before, embed, embedder, generation, index, nowMs } = input;
  const atMs = nowMs();
  const now = await embedSentinels(embedder, (texts) => embed(texts, "document"));
  const benchmark = await runBenchmark({
    index,
    generation: generation.id,
    vectors: await vectorsOf(benchmarkQueries, "query"),
    before,
  });
  const sampled = await sampleIndex({
    index,
    generation: generation.id,
    before: before?.sample ?? null,
    embed: (texts) => vectorsOf(texts, "document"),
  });
  const readings = sentinels.map(({ family }, at) => ({
    family,
    distance: cosineDistance(baseline.vectors[at] ?? [], now.vectors[at] ?? []),
  }));
  const findings = diagnose({
    readings,
    tokens: sentinelFamilies.map((family) => ({
      family,
      texts: sentinels.filter((each) => each.family === family).length,
      before: baseline.tokens.get(family) ?? 0,
      now: now.tokens.get(family) ?? 0,
    })),
    listed: sampled.listed,
    stored: sampled.stored,
    neighbours: benchmark.recall,
    overlap: benchmark.overlap,
  });
  const distances = readings.map(({ distance }) => distance);
  const { recall } = benchmark;
  return {
    v: 1,
    atMs,
    tookMs: nowMs() - atMs,
    baselineAtMs: baseline.takenAtMs,
    sentinels: sentinels.length,
    distances: distanceQuantiles.map((share) => quantileOf(distances, share)),
    questions: benchmarkQueries.length,
    overlap: benchmark.overlap,
    recall: recall && recall.found / recall.wanted,
    findings: findings.map((finding) => ({
      ...finding,
      sinceMs: before?.findings.find(({ cause }) => cause === finding.cause)?.sinceMs ?? atMs,
    })),
    neighbours: benchmark.neighbours,
    sample: sampled.state,
  };

  async function vectorsOf(texts: readonly string[], purpose: "document" | "query") {
    const { vectors } = await embed(texts, purpose);
    if (vectors.length !== texts.length) throw new TransientError("the embedder left out a vector");
    for (const vector of vectors) refuseBadVector(vector, embedder.space.dimension);
    return vectors;
  }
}
