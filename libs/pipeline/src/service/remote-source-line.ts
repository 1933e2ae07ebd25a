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

/** A full listing takes its time. */
export const reconcileCall: Call<
  { readonly source: SourceName; readonly confirm: number | null },
  ReconcileReport
> = { name: "reconcile", of: "ingestor", withinMs: 10 * 60_000 };

export class RemoteSourceLine implements SourceLineView {
  readonly #source: SourceName;
  readonly #options: {
    readonly log: EventLog;
    readonly clock: Clock;
    readonly catalogue: Catalogue;
    readonly reports: ProcessReports;
    readonly calls: Calls;
  };

  constructor(
    source: SourceName,
    options: {
      readonly log: EventLog;
      readonly clock: Clock;
      readonly catalogue: Catalogue;
      readonly reports: ProcessReports;
      readonly calls: Calls;
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

  reconcile(options: { readonly confirm: number | null }): Promise<ReconcileReport> {
    return this.#options.calls.ask(reconcileCall, { source: this.#source, ...options });
  }

  #report() {
    return this.#options.reports.source(this.#source);
  }
}
