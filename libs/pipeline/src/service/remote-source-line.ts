/** A source whose line runs in another process, as a gateway speaks of it. */
import { documentId, keyOf, type DocumentId, type Hint, type SourceName } from "@tidemark/domain";
import { RequestError, type ReconcileReport } from "../operations.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import type { Call, Calls } from "./calls.ts";
import type { Catalogue } from "./catalogue.ts";
import { publishHints } from "./hints.ts";
import type { ProcessReports } from "./process-reports.ts";
import type { SourceLineView } from "./served-source.ts";

/** Processes tell how they are each second; one that is that late is asked no further. */
const toldWithinMs = 5_000;
const toldPollMs = 50;
/** Of a listing that takes long it is asked so often whether its process is still there. */
const keeperPollMs = 1_000;
/** A process that was not heard of for this long, beyond what makes it unknown, does not answer. */
const silentMs = 15_000;

/** A full listing takes its time. */
export const reconcileCall: Call<
  { readonly source: SourceName; readonly confirm: number | null },
  { readonly report: ReconcileReport; readonly endedAtMs: number | null }
> = { name: "reconcile", of: "ingestor", withinMs: 10 * 60_000 };

/** The same of a database: another service reads it. */
export const reconcileDatabaseCall: typeof reconcileCall = {
  name: "reconcile-database",
  of: "connector",
  withinMs: 60 * 60_000,
};

export class RemoteSourceLine implements SourceLineView {
  readonly #source: SourceName;
  readonly #options: {
    readonly log: EventLog;
    readonly clock: Clock;
    readonly catalogue: Pick<Catalogue, "source">;
    readonly reports: Pick<ProcessReports, "source" | "keeperOf">;
    readonly calls: Pick<Calls, "ask">;
    /** By which the process that keeps it is asked to reconcile. */
    readonly reconcile?: typeof reconcileCall;
  };

  constructor(
    source: SourceName,
    options: {
      readonly log: EventLog;
      readonly clock: Clock;
      readonly catalogue: Pick<Catalogue, "source">;
      readonly reports: Pick<ProcessReports, "source" | "keeperOf">;
      readonly calls: Pick<Calls, "ask">;
      readonly reconcile?: typeof reconcileCall;
    },
  ) {
    this.#source = source;
    this.#options = options;
  }

  get epoch(): number {
    return this.#options.catalogue.source(this.#source)?.epoch ?? 0;
  }

  get held(): { readonly count: number; readonly reason: string | null } {
    const report = this.#report();
    return { count: report?.held ?? 0, reason: report?.heldReason ?? null };
  }

  get scannedAtMs(): number | null {
    return this.#report()?.scannedAtMs ?? null;
  }

  get scanEndedAtMs(): number | null {
    return this.#report()?.scanEndedAtMs ?? null;
  }

  get trouble(): string | null {
    const report = this.#report();
    return report ? report.trouble : "the process that keeps it has said nothing lately";
  }

  get blockedCount(): number {
    return this.#report()?.blocked ?? 0;
  }

  get blocked(): ReadonlyMap<string, string> {
    return new Map(this.#report()?.blockedExamples);
  }

  async hint(ids: readonly DocumentId[], reason: Hint["reason"]): Promise<void> {
    const { clock, log } = this.#options;
    const observedAtMs = clock.nowMs();
    await publishHints(
      log,
      ids.map((id) => ({
        source: this.#source,
        documentId: documentId(this.#source, keyOf(id)),
        epoch: this.epoch,
        expects: "unknown" as const,
        reason,
        sourceTimeMs: null,
        observedAtMs,
        trace: null,
      })),
    );
  }

  /** Whoever was told what the scan found is told the same by everything else that is asked here. */
  async reconcile(options: { readonly confirm: number | null }): Promise<ReconcileReport> {
    const { calls, clock, reconcile = reconcileCall } = this.#options;
    const asked = { source: this.#source, ...options };
    const stop = new AbortController();
    const gone = this.#untilGone(reconcile.of, stop.signal);
    gone.catch(() => {});
    const answer = calls.ask(reconcile, asked);
    answer.catch(() => {});
    const { endedAtMs, report } = await Promise.race([answer, gone]).finally(() => stop.abort());
    const untilMs = clock.nowMs() + toldWithinMs;
    while ((this.scanEndedAtMs ?? 0) < (endedAtMs ?? 0) && clock.nowMs() < untilMs) {
      await clock.sleep(toldPollMs);
    }
    return report;
  }

  /** Rejects once whoever was asked is there no more: who comes after it was not asked. */
  async #untilGone(service: string, signal: AbortSignal): Promise<never> {
    const { clock, reports } = this.#options;
    const first = reports.keeperOf(this.#source);
    let heardAtMs = clock.nowMs();
    while (!signal.aborted) {
      await clock.sleep(keeperPollMs, signal);
      const keeper = reports.keeperOf(this.#source);
      if (keeper) heardAtMs = clock.nowMs();
      const isAnother = keeper !== null && first !== null && keeper !== first;
      if (!isAnother && clock.nowMs() - heardAtMs <= silentMs) continue;
      throw new RequestError(
        503,
        "no-answer",
        `the ${service} that keeps ${this.#source} went away before it had answered; ask again once it runs`,
      );
    }
    throw new RequestError(503, "no-answer", "nobody waits any more");
  }

  #report() {
    return this.#options.reports.source(this.#source);
  }
}
