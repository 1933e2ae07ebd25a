/** What stages report → metrics and freshness. */
import type { Decision, Receipt } from "@tidemark/domain";
import type {
  FreshnessLedger,
  LostReport,
  PipelineObserver,
  ReconcileReport,
  StageState,
} from "@tidemark/pipeline";
import {
  boundedLabel,
  breakerStates,
  setState,
  type Config,
  type Metrics,
} from "@tidemark/runtime";

const msPerSecond = 1_000;

export class Measuring implements PipelineObserver {
  readonly #metrics: Metrics;
  readonly #ledger: FreshnessLedger;
  readonly #isActive: (generation: string | null) => boolean;
  readonly #isAlone: boolean;
  readonly #pricePerMillion: (generation: string | null) => number;
  readonly #reason = boundedLabel();
  /** By stage, the groups that wait behind an open breaker: a stage runs for each generation. */
  readonly #open = new Map<string, Set<string>>();

  constructor(
    metrics: Metrics,
    ledger: FreshnessLedger,
    isActive: (generation: string | null) => boolean,
    /** Whether every stage is in this process: then what it sees is all there is. */
    {
      isAlone,
      pricePerMillion,
    }: {
      readonly isAlone: boolean;
      readonly pricePerMillion: (generation: string | null) => number;
    },
  ) {
    this.#metrics = metrics;
    this.#ledger = ledger;
    this.#isActive = isActive;
    this.#isAlone = isAlone;
    this.#pricePerMillion = pricePerMillion;
  }

  receipt(receipt: Receipt): void {
    const { outcome, source, chunks, timings } = receipt;
    const metrics = this.#metrics;
    metrics.receipts.inc({ outcome, reason: this.#reason(receipt.reason) });
    metrics.chunksEmbedded.inc({ source }, chunks.embedded);
    metrics.chunksReused.inc({ source }, chunks.reused + chunks.kept);
    metrics.chunksRemoved.inc({ source }, chunks.removed);
    metrics.embedTokens.inc({ source }, receipt.tokens);
    metrics.embedTokensSaved.inc({ source }, receipt.tokensSaved);
    const generation = receipt.generation ?? "";
    for (const [reason, tokens] of Object.entries(receipt.saved ?? {})) {
      const cost = (tokens / 1_000_000) * this.#pricePerMillion(receipt.generation);
      metrics.embedCostSaved.inc({ source, generation, reason }, cost);
    }
    if (outcome === "displaced") metrics.displaced.inc({ source });
    const { queueMs, waitMs, chunkMs, embedMs, writeMs } = timings;
    if (queueMs !== undefined) observe("queue", queueMs + (waitMs ?? 0));
    if (chunkMs !== undefined) observe("chunk", chunkMs);
    if (embedMs !== undefined) observe("embed", embedMs);
    if (writeMs !== undefined) observe("write", writeMs);
    if (this.#isAlone) this.heard(receipt);

    function observe(stage: "queue" | "chunk" | "embed" | "write", ms: number): void {
      metrics.stage.observe({ stage }, ms / msPerSecond);
    }
  }

  /** A receipt of whichever process: how late the change was. */
  heard(receipt: Receipt): void {
    if (!this.#isActive(receipt.generation)) return;
    const noted = this.#ledger.note(receipt);
    if (!noted) return;
    const { source } = receipt;
    const metrics = this.#metrics;
    const kind = receipt.change === "content" ? "change" : "restriction";
    metrics.freshnessLag.observe({ source, kind }, noted.lagMs / msPerSecond);
  }

  /** A change was found in time, or its target has passed. */
  decided({ kind, outcome, source }: Decision): void {
    this.#metrics.changes.inc({ source, kind });
    // Counted from nothing on, so that a rate is there with the first.
    this.#metrics.changesLate.inc({ source, kind }, outcome === "late" ? 1 : 0);
  }

  retry(stage: string, _reason: string): void {
    this.#metrics.retries.inc({ stage });
  }

  deadLetter(_stage: string, reason: string): void {
    this.#metrics.deadLetters.inc({ reason: this.#reason(reason) });
  }

  state({ breaker, group, stage }: StageState): void {
    const open = this.#open.get(stage) ?? new Set();
    this.#open.set(stage, open);
    if (breaker === "open") open.add(group);
    else open.delete(group);
    const state = open.size > 0 ? "open" : "closed";
    setState(this.#metrics.breaker, { breaker: stage }, { state, states: breakerStates });
  }

  scanned(report: ReconcileReport): void {
    const { source } = report;
    const metrics = this.#metrics;
    metrics.scan.observe({ source }, report.tookMs / msPerSecond);
    metrics.scanDocuments.inc({ source }, report.listed);
    metrics.scanFound.inc({ source, found: "added" }, report.missing);
    metrics.scanFound.inc({ source, found: "changed" }, report.stale);
    metrics.scanFound.inc({ source, found: "removed" }, report.applied);
    metrics.held.set({ source }, report.held);
  }

  /** How often sources are listed at least; a source that is not listed has no such time. */
  scheduled(sources: Config["sources"]): void {
    for (const [source, config] of Object.entries(sources)) {
      if (!("scanMs" in config)) continue;
      this.#metrics.scanEvery.set({ source }, config.scanMs / msPerSecond);
    }
  }

  lost(source: string, { count }: LostReport): void {
    this.#metrics.eventsLost.inc({ source }, count);
  }

  /** A search stopped at a bound, which its reason names: one of few. */
  incomplete(reason: string): void {
    this.#metrics.searchIncomplete.inc({ bound: this.#reason(reason) });
  }

  searched(part: "embed" | "index" | "total", ms: number): void {
    this.#metrics.search.observe({ part }, ms / msPerSecond);
  }
}
