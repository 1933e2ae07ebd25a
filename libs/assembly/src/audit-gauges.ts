/** What is told of audits: what the last found, when it ended, and when the next is due. */
import { auditFaults, type AuditCertificate } from "@tidemark/domain";
import type { Metrics } from "@tidemark/runtime";

const msPerSecond = 1_000;

export class AuditGauges {
  readonly #metrics: Metrics;
  readonly #everyMs: number;

  /** @param everyMs 0 where audits are made by hand alone: nothing is due then */
  constructor(metrics: Metrics, { everyMs }: { readonly everyMs: number }) {
    this.#metrics = metrics;
    this.#everyMs = everyMs;
  }

  /** Of sources that may never have been audited: the first is due a period after now. */
  expect(sources: Iterable<string>, nowMs: number): void {
    for (const source of sources) this.#due(source, nowMs);
  }

  ended({ endedAtMs, faults, source, verdict }: AuditCertificate): void {
    for (const fault of auditFaults) {
      this.#metrics.auditFaults.set({ source, fault }, faults[fault]);
    }
    // The time of the last one that ended otherwise stays.
    this.#metrics.auditEnd.set({ source, verdict }, endedAtMs / msPerSecond);
    this.#due(source, endedAtMs);
  }

  #due(source: string, sinceMs: number): void {
    if (this.#everyMs === 0) return;
    this.#metrics.auditEvery.set({ source }, this.#everyMs / msPerSecond);
    this.#metrics.auditDue.set({ source }, (sinceMs + this.#everyMs) / msPerSecond);
  }
}
