import type { AuditWire } from "@tidemark/api";
import { fakeNowMs, runFake, startFakeProcess } from "../fake-terminal.ts";
import { auditText } from "../format/audit-text.ts";

test("an audit says what was asked for, and ends by its verdict", async () => {
  await using process = await startFakeProcess({
    "POST /v1/audit": { certificates: [] },
    "GET /v1/audit": { certificates: [] },
  });

  await runFake(["audit", "--url", process.url]);
  await runFake([
    "audit",
    "--source",
    "files",
    "--sample",
    "5",
    "--repair",
    "--dry-run",
    "--url",
    process.url,
  ]);
  const last = await runFake(["audit", "--last", "--url", process.url]);
  const vague = await runFake(["audit", "--dry-run", "--url", process.url]);

  expect(process.asked.map(({ body }) => body)).toEqual([
    { repair: false, dryRun: false },
    { source: "files", sample: 5, repair: true, dryRun: true },
    undefined,
  ]);
  expect([last.exitCode, vague.exitCode]).toEqual([0, 2]);
});

test("what could not be read is told with its reason, also where the verdict is clean", () => {
  const faults = { missing: 0, orphan: 0, stale: 0, fingerprint: 0, permissions: 0, duplicate: 0 };
  const noise = { documentId: "app/noise.pdf", reason: "unparseable", message: "no\nPDF" };
  const certificate: AuditWire["certificates"][number] = {
    v: 1,
    source: "app",
    generation: "g1",
    fingerprint: "f1",
    configHash: "c1",
    beganAt: "2030-01-01T00:00:00Z",
    endedAt: "2030-01-01T00:00:00Z",
    verdict: "clean",
    isListed: true,
    why: null,
    listed: 41,
    logged: 41,
    manifests: 41,
    points: 99,
    digests: { source: "", log: "", index: "", points: "" },
    rangesCompared: 3,
    documentsRead: 0,
    sampled: 9,
    changed: 0,
    undecided: 0,
    faults,
    faulty: 0,
    examples: [],
    setAside: { documents: 1, examples: [noise] },
    repair: null,
  };
  const paint = (_color: string, text: string) => text;

  const lines = auditText({ certificates: [certificate] }, { paint, width: 80, nowMs: fakeNowMs });

  expect(lines[0]).toMatch(/^app: clean/u);
  expect(lines.slice(2)).toEqual([
    "  1 document set aside: its newest content could not be read, or not all of it embedded",
    "    app/noise.pdf  unparseable  no\\nPDF",
  ]);
});
