/** The gauges that say how the whole stands: kept by the one process that keeps generations. */
import { generationStates, isConsuming, type EmbeddingAge } from "@tidemark/domain";
import { parts, type Catalogue, type TidemarkService, type VectorIndex } from "@tidemark/pipeline";
import { boundedLabel, setState, type Metrics } from "@tidemark/runtime";
import { again, type Surroundings } from "./maintain.ts";

const freshnessEveryMs = 5_000;
/** What is read whole for a number. */
const storesEveryMs = 60_000;
const msPerSecond = 1_000;

export type StateGauges = Surroundings & {
  readonly service: TidemarkService;
  readonly catalogue: Catalogue;
  readonly index: VectorIndex;
  readonly metrics: Metrics;
};

export async function gaugesLoop(input: StateGauges): Promise<void> {
  await Promise.all([
    again(input, freshnessEveryMs, () => setFreshness(input)),
    again(input, storesEveryMs, () => setGenerations(input)),
    again(input, freshnessEveryMs, async () => setRehearsals(input)),
    again(input, storesEveryMs, deadLetterGauge(input)),
  ]);
}

/** Each look takes away what is there no more: a reason, a generation. */
async function setGenerations({ catalogue, index, metrics }: StateGauges): Promise<void> {
  const generations = catalogue.generations.filter(({ state }) => isConsuming(state));
  const listed = await Promise.all(
    generations.map(async ({ id }) => [id, await index.counts(id)] as const),
  );
  metrics.generation.reset();
  for (const { id, state } of generations) {
    setState(metrics.generation, { generation: id }, { state, states: generationStates });
  }
  metrics.points.reset();
  for (const [generation, counts] of listed) {
    const points = counts.reduce((sum, { chunks }) => sum + chunks, 0);
    metrics.points.set({ generation }, points);
  }
}

/** The time of the last one that ended otherwise stays, as with audits. */
function setRehearsals({ catalogue, metrics }: StateGauges): void {
  for (const { endedAtMs, outcome, runbook } of catalogue.rehearsals) {
    metrics.rehearsalEnd.set({ runbook, outcome }, endedAtMs / msPerSecond);
  }
}

/** Unknown is said by absence: an age of 0 would be the best there is. */
function setAges(metrics: Metrics, source: string, age: EmbeddingAge | null): void {
  const ages = age && { "0.5": age.p50Ms, "0.9": age.p90Ms, "0.99": age.p99Ms, "1": age.oldestMs };
  for (const quantile of ["0.5", "0.9", "0.99", "1"] as const) {
    if (ages) metrics.embeddingAge.set({ source, quantile }, ages[quantile] / msPerSecond);
    else metrics.embeddingAge.remove({ source, quantile });
  }
  if (age) metrics.embeddingAgeAt.set({ source }, age.atMs / msPerSecond);
  else metrics.embeddingAgeAt.remove({ source });
}

function deadLetterGauge({ metrics, service }: StateGauges): () => Promise<void> {
  const label = boundedLabel();
  return async () => {
    const letters = await service.deadLetters();
    metrics.deadLettersKept.reset();
    for (const { reason } of letters) metrics.deadLettersKept.inc({ reason: label(reason) });
  };
}

async function setFreshness({ metrics, service }: StateGauges): Promise<void> {
  const { sources, troubles } = await service.freshness();
  for (const part of parts) {
    const isTroubled = troubles.some((each) => each.part === part);
    metrics.partTroubled.set({ part }, isTroubled ? 1 : 0);
  }
  for (const { source, ...facts } of sources) {
    metrics.pending.set({ source }, facts.pending);
    metrics.oldestPending.set(
      { source },
      (facts.pendingChanges?.oldest?.sinceMs ?? facts.oldestPendingMs ?? 0) / msPerSecond,
    );
    metrics.completeUpTo.set({ source }, (facts.completeUpToMs ?? 0) / msPerSecond);
    // A source that is not listed has none, and neither has one without events.
    if (facts.heardUpToMs !== null) {
      metrics.heardUpTo.set({ source }, facts.heardUpToMs / msPerSecond);
    }
    for (const [stage, pending] of Object.entries(facts.pendingChanges?.stages ?? {})) {
      metrics.pendingStage.set({ source, stage }, pending);
    }
    for (const { kind, objective, tenant } of facts.pendingChanges?.objectives ?? []) {
      if (tenant !== null) continue;
      metrics.objectiveRatio.set({ source, kind }, objective.share);
      metrics.objective.set({ source, kind }, objective.withinMs / msPerSecond);
    }
    setAges(metrics, source, facts.embeddingAge);
    metrics.held.set({ source }, facts.held);
    metrics.documents.set({ source, state: "known" }, facts.documents);
    metrics.documents.set({ source, state: "searchable" }, facts.searchable);
    metrics.documents.set({ source, state: "failed" }, facts.failed);
  }
}
