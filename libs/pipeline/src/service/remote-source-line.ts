/** A source whose line runs in another process, as a gateway speaks of it. */
import { documentId, keyOf, type DocumentId, type Hint, type SourceName } from "@tidemark/domain";
import type { ReconcileReport } from "../operations.ts";
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
    const { calls, clock, reconcile = reconcileCall, reports } = this.#options;
    const asked = { source: this.#source, ...options };
    const keeper = () => reports.keeperOf(this.#source);
    const { endedAtMs, report } = await calls.ask(reconcile, asked, keeper);
    const untilMs = clock.nowMs() + toldWithinMs;
    while ((this.scanEndedAtMs ?? 0) < (endedAtMs ?? 0) && clock.nowMs() < untilMs) {
      await clock.sleep(toldPollMs);
    }
    return report;
  }

  #report() {
    return this.#options.reports.source(this.#source);
  }
}
