/** How the whole stands: freshness by source, generations, stages, and what is wrong. */
import { heardOf, worstOf, type GenerationId, type SourceName } from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { FreshnessReport, SourceFreshness, StatusReport } from "../operations.ts";
import type { SourceCounts, VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import type { Catalogue } from "./catalogue.ts";
import type { FreshnessBoard } from "./freshness-board.ts";
import type { FreshnessLedger } from "./freshness-ledger.ts";
import type { Generations } from "./generations.ts";
import { parts, type SourcePending, type Troubles } from "./pending-view.ts";
import type { ServedSource } from "./served-source.ts";
import type { StageBoard } from "./stage-board.ts";
import { unprovenSince } from "./unproven.ts";

export interface StateOptions {
  readonly version: string;
  readonly dataDirectory: string | null;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly generations: Generations;
  readonly board: StageBoard;
  readonly ledger: FreshnessLedger;
  readonly freshness: FreshnessBoard;
  readonly troubles: () => Troubles;
  readonly clock: Clock;
  readonly sources: ReadonlyMap<SourceName, ServedSource>;
  readonly embedQueued: () => number;
}

const countWithinMs = 5_000;

export class StateReports {
  readonly #options: StateOptions;
  readonly #startedAtMs: number;

  constructor(options: StateOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
  }

  async freshness(): Promise<FreshnessReport> {
    const { clock, ledger } = this.#options;
    const sources = await this.#bySource();
    const troubles = this.#options.troubles();
    return {
      atMs: clock.nowMs(),
      verdict: worstOf(sources.map((source) => source.verdict)),
      sources,
      restrictionLagMs: ledger.restrictionLagMs(clock.nowMs()),
      troubles: parts.flatMap((part) => {
        const trouble = troubles[part];
        return trouble ? [{ part, trouble }] : [];
      }),
    };
  }

  async status(deadLetters: number): Promise<StatusReport> {
    const { board, dataDirectory, embedQueued, generations, version } = this.#options;
    return {
      version,
      startedAtMs: this.#startedAtMs,
      dataDirectory,
      generations: await this.#generations(),
      sources: await this.#bySource(),
      stages: board.conditions().map(({ generation, stage, trouble, waiting }) => ({
        stage,
        generation,
        waiting,
        state: trouble ?? "running",
      })),
      deadLetters,
      embedder: { model: generations.active.recipe.space.model, queued: embedQueued() },
      problems: this.#problems(),
      audits: this.#options.catalogue.audits.map(
        ({ endedAtMs, faulty, setAside, source, undecided, verdict }) => ({
          source,
          verdict,
          endedAtMs,
          faulty,
          undecided,
          setAside: setAside.documents,
        }),
      ),
      rehearsals: this.#options.catalogue.rehearsals.map(({ endedAtMs, outcome, runbook }) => ({
        runbook,
        outcome,
        endedAtMs,
      })),
    };
  }

  async #bySource(): Promise<readonly SourceFreshness[]> {
    const { clock, generations, ledger, sources } = this.#options;
    const { active } = generations;
    const counts = await this.#counts(active.id);
    const line = generations.line(active.id);
    return [...sources.values()].map((source) => {
      const completeUpToMs = line?.completeUpToMs(source.name) ?? null;
      const observedUpToMs = source.observedUpToMs();
      const isListed = source.line !== null && !source.isStreamed;
      const picture = {
        source: source.name,
        kind: source.kind,
        told: this.#toldOf(source.name),
        isCounted: counts !== null,
        counts: counts?.find((each) => each.source === source.name) ?? null,
        held: source.line?.held.count ?? 0,
        blocked: source.line?.blockedCount ?? 0,
        completeUpToMs,
        heardUpToMs: isListed ? (line?.completeUpToMs(heardOf(source.name)) ?? null) : null,
        observedUpToMs,
        unprovenSinceMs: unprovenSince({
          isListed,
          completeUpToMs,
          observedUpToMs,
        }),
        isInTrouble: (source.line?.trouble ?? null) !== null,
      };
      return ledger.describe(picture, clock.nowMs());
    });
  }

  /** What was told before the log went away does not know of it. */
  #toldOf(source: SourceName): SourcePending | null {
    const told = this.#options.freshness.source(source);
    const { log } = this.#options.troubles();
    if (!told?.oldest || !log) return told;
    return { ...told, oldest: { ...told.oldest, waitsFor: "log", trouble: log } };
  }

  /** Null where the index does not answer: freshness is told all the more. */
  async #counts(generation: GenerationId): Promise<readonly SourceCounts[] | null> {
    const { clock, index } = this.#options;
    const answered = new AbortController();
    try {
      return await Promise.race([
        index.counts(generation),
        clock.sleep(countWithinMs, answered.signal).then(() => null),
      ]);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      return null;
    } finally {
      answered.abort();
    }
  }

  #generations(): Promise<StatusReport["generations"]> {
    const { catalogue, generations } = this.#options;
    return Promise.all(
      catalogue.generations.map(async ({ id, state, fingerprint, recipe }) => ({
        id,
        state,
        fingerprint,
        model: recipe.space.model,
        dimension: recipe.space.dimension,
        chunker: `${recipe.chunker.kind}-${recipe.chunker.version}`,
        progress: state === "building" ? await generations.progress(id) : null,
      })),
    );
  }

  #problems(): string[] {
    const { catalogue, generations, sources } = this.#options;
    const ofSources = [...sources.values()].flatMap(({ name, line }) => [
      ...(line?.trouble ? [`source ${name}: ${line.trouble}`] : []),
      ...(line && line.held.count > 0
        ? [`source ${name}: ${line.held.count} deletes are held (${line.held.reason})`]
        : []),
      ...(line && line.blockedCount > 0
        ? [`source ${name}: ${line.blockedCount} documents cannot be read`]
        : []),
    ]);
    const ofGenerations = catalogue.generations.flatMap(({ id }) => {
      const reason = generations.unavailable(id);
      return reason ? [`generation ${id}: ${reason}`] : [];
    });
    return [...ofSources, ...ofGenerations];
  }
}
