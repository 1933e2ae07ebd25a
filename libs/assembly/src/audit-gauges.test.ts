import { auditFaults, type AuditCertificate } from "@tidemark/domain";
import { createMetrics } from "@tidemark/runtime";
import { AuditGauges } from "./audit-gauges.ts";

const hourMs = 3_600_000;
const due = 'tidemark_audit_due_timestamp_seconds{source="files"}';

function aGauges(everyMs: number) {
  const { registry, ...metrics } = createMetrics({ processDefaults: false });
  const gauges = new AuditGauges({ registry, ...metrics }, { everyMs });
  return { gauges, scrape: () => registry.metrics() };
}

function ended(endedAtMs: number): AuditCertificate {
  const faults = Object.fromEntries(auditFaults.map((fault) => [fault, 0]));
  return { source: "files", verdict: "clean", endedAtMs, faults } as unknown as AuditCertificate;
}

test("the next audit is due a period after the last, or after there was nobody to audit", async () => {
  const { gauges, scrape } = aGauges(6 * hourMs);

  gauges.expect(["files"], hourMs);
  const never = await scrape();
  gauges.ended(ended(2 * hourMs));
  const once = await scrape();

  expect(never).toContain(`${due} ${7 * 3_600}\n`);
  expect(once).toContain(`${due} ${8 * 3_600}\n`);
  expect(once).toContain(`tidemark_audit_every_seconds{source="files"} ${6 * 3_600}\n`);
});

test("nothing is due where audits are made by hand", async () => {
  const { gauges, scrape } = aGauges(0);

  gauges.expect(["files"], hourMs);
  gauges.ended(ended(2 * hourMs));

  const text = await scrape();
  expect(text).toContain(
    'tidemark_audit_end_timestamp_seconds{source="files",verdict="clean"} 7200',
  );
  expect(text).not.toContain("tidemark_audit_due_timestamp_seconds{");
  expect(text).not.toContain("tidemark_audit_every_seconds{");
});
