/**
 * Sentinels on a schedule: for every generation that this process keeps, what its vectors and
 * neighbours were is held against what they are. One process runs them; everybody can read of them.
 */
import { isConsuming, type Generation, type GenerationId } from "@tidemark/domain";
import { PoisonError, TransientError } from "../../errors.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { VectorIndex } from "../../ports/vector-index.ts";
import type { Clock, PipelineLogger } from "../../ports/world.ts";
import type { Catalogue } from "../catalogue.ts";
import { payerOf, sentinelsPayer } from "../costs/bill.ts";
import type { GenerationLine } from "../generation-line.ts";
import type { Measures } from "../measures.ts";
import {
  baselineTakenAtMs,
  embedSentinels,
  forgetBaseline,
  hasBaseline,
  readBaseline,
  writeBaseline,
  type Baseline,
} from "./baseline.ts";
import type { SentinelReport } from "./sentinel-report.ts";
import { checkGeneration, distanceQuantiles, type SentinelRun } from "./check-generation.ts";

export interface SentinelsOptions {
  readonly measures: Measures;
  readonly catalogue: Pick<Catalogue, "generations">;
  readonly lines: { readonly line: (id: GenerationId) => Pick<GenerationLine, "embedder"> | null };
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly everyMs: number;
  /** After every run, for metrics. */
  readonly ran?: (generation: GenerationId, run: SentinelRun) => void;
}

const lookEveryMs = 5_000;
/** A generation this young has vectors of today: its baseline says what they were from the beginning. */
const youngMs = 60 * 60_000;

export class Sentinels {
  readonly #options: SentinelsOptions;
  /** A run that found nobody answering is tried again at the next look. */
  #running: Promise<void> = Promise.resolve();

  constructor(options: SentinelsOptions) {
    this.#options = options;
  }

  /** Runs what is due until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.check({ isDueOnly: true, signal });
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof TransientError || error instanceof PoisonError)) throw error;
        logger.warn({ problem: error.message }, "sentinels wait");
      }
      await clock.sleep(lookEveryMs, signal);
    }
  }

  /** Of all generations that are kept here; one check at a time. */
  check(options: { readonly isDueOnly: boolean; readonly signal?: AbortSignal }): Promise<void> {
    this.#running = this.#running.catch(() => {}).then(() => this.#check(options));
    return this.#running;
  }

  async #check({
    isDueOnly,
    signal,
  }: {
    readonly isDueOnly: boolean;
    readonly signal?: AbortSignal;
  }): Promise<void> {
    const { catalogue, clock, everyMs, lines, measures } = this.#options;
    await measures.refresh();
    for (const generation of catalogue.generations) {
      const line = lines.line(generation.id);
      if (!isConsuming(generation.state)) await forgetBaseline(measures, generation.id);
      if (!line || signal?.aborted) continue;
      // Until it is whole, its neighbours are others at every run.
      const answers = generation.state === "active" || generation.state === "retiring";
      const before = runOf(measures, generation.id);
      const isDue = !before || clock.nowMs() - before.atMs >= everyMs;
      const mustRun = answers && (isDue || !isDueOnly);
      if (!mustRun && hasBaseline(measures, generation.id)) continue;
      const baseline = await this.#baselineOf(generation, line.embedder, signal);
      if (!mustRun) continue;
      await this.#checkOne({ generation, embedder: line.embedder, baseline, before }, signal);
    }
  }

  async #checkOne(
    of: {
      readonly generation: Generation;
      readonly embedder: Embedder;
      readonly baseline: Baseline;
      readonly before: SentinelRun | null;
    },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { clock, index, logger, measures, ran } = this.#options;
    const { embedder, generation } = of;
    const run = await checkGeneration({
      ...of,
      index,
      nowMs: () => clock.nowMs(),
      embed: (texts, purpose) =>
        embedLate(embedder, texts, { purpose, signal, generation: generation.id }),
    });
    await measures.put([[runName(generation.id), run]]);
    ran?.(generation.id, run);
    for (const { cause, detail, severity, sinceMs } of run.findings) {
      if (sinceMs !== run.atMs) continue;
      logger.warn({ generation: generation.id, cause, severity, detail }, "sentinels moved");
    }
  }

  /** The one that was taken, or one taken now; then it is said how old its generation is. */
  async #baselineOf(
    generation: Generation,
    embedder: Embedder,
    signal: AbortSignal | undefined,
  ): Promise<Baseline> {
    const { clock, logger, measures } = this.#options;
    const known = readBaseline(measures, generation.id);
    if (known) return known;
    const embedded = await embedSentinels(embedder, (texts) =>
      embedLate(embedder, texts, { purpose: "document", signal, generation: generation.id }),
    );
    const baseline = { ...embedded, takenAtMs: clock.nowMs() };
    await writeBaseline(measures, generation.id, baseline);
    // What came before it is not comparable with what comes after.
    await measures.put([[runName(generation.id), null]]);
    const ageMs = baseline.takenAtMs - generation.createdAtMs;
    const facts = { generation: generation.id, ageMs };
    if (ageMs > youngMs) logger.warn(facts, "sentinels have a baseline of today, not of the start");
    else logger.info(facts, "sentinels have a baseline");
    return baseline;
  }

  /** What the last runs found, whoever ran them. */
  report(): Promise<SentinelReport> {
    return sentinelReport(this.#options);
  }
}

/** What the last runs found, whoever ran them; `measures` is read anew. */
export async function sentinelReport({
  catalogue,
  everyMs,
  measures,
}: Pick<SentinelsOptions, "catalogue" | "everyMs" | "measures">): Promise<SentinelReport> {
  await measures.refresh();
  return {
    everyMs,
    generations: catalogue.generations
      .filter(({ state }) => isConsuming(state))
      .map((generation) => {
        const run = runOf(measures, generation.id);
        const takenAtMs = baselineTakenAtMs(measures, generation.id);
        return {
          generation: generation.id,
          state: generation.state,
          baselineAtMs: takenAtMs,
          isBaselineLate: takenAtMs !== null && takenAtMs - generation.createdAtMs > youngMs,
          ranAtMs: run?.atMs ?? null,
          tookMs: run?.tookMs ?? null,
          sentinels: run?.sentinels ?? 0,
          distances: distanceQuantiles.map((quantile, at) => ({
            quantile,
            distance: run?.distances[at] ?? null,
          })),
          questions: run?.questions ?? 0,
          overlap: run?.overlap ?? null,
          recall: run?.recall ?? null,
          findings: run?.findings ?? [],
        };
      }),
  };
}

function embedLate(
  embedder: Embedder,
  texts: readonly string[],
  {
    generation,
    purpose,
    signal,
  }: {
    readonly generation: GenerationId;
    readonly purpose: "document" | "query";
    readonly signal: AbortSignal | undefined;
  },
): ReturnType<Embedder["embed"]> {
  const payers = texts.map(() => payerOf(sentinelsPayer, generation));
  return embedder.embed({
    texts,
    purpose,
    payers,
    lane: "backfill",
    ...(signal ? { signal } : {}),
  });
}

function runOf(measures: Measures, generation: GenerationId): SentinelRun | null {
  return measures.get(runName(generation)) as SentinelRun | null;
}

const runName = (generation: GenerationId) => `sentinels/${generation}/run`;
