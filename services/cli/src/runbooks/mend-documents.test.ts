/** Runbooks against a process that answers as it is told: when they stop, and what they ask for. */
import type { FreshnessWire, SentinelsWire } from "@tidemark/api";
import { runbookSteps } from "@tidemark/domain";
import { aFreshness, aSource, pendingChanges } from "../fake-answers.ts";
import { aProblem, runFake, startFakeProcess, type Asked } from "../fake-terminal.ts";
import type { RunbookReport } from "./runbook-report.ts";

const clean = {
  source: "files",
  verdict: "clean",
  sampled: 5,
  faulty: 0,
  undecided: 0,
  examples: [],
  repair: null,
};
const stale = {
  ...clean,
  verdict: "faulty",
  faulty: 1,
  examples: [{ documentId: "files/a.md", fault: "stale", detail: "another revision" }],
};
const repair = { refused: null, restated: 1, replayed: 0, documents: 1, left: 0, swept: 0 };
const page = { documentId: "files/a.md", standing: "searchable", explanation: "it is found" };
const same = { generations: [{ state: "active", findings: [] }] };
const wellAnswers = {
  "GET /v1/freshness": aFreshness(),
  "POST /v1/sentinels/run": same,
  "GET /v1/why/files/a.md": page,
};

/** Answers audits one after the other; the last again and again. */
function audits(...certificates: readonly object[]): (asked: Asked) => object {
  let at = -1;
  return () => {
    at = Math.min(at + 1, certificates.length - 1);
    return { certificates: [certificates[at]] };
  };
}

async function run(answers: Readonly<Record<string, object>>, ...words: readonly string[]) {
  await using process = await startFakeProcess({ ...wellAnswers, ...answers });
  const command = ["runbook", "stale-embeddings", "--json", "--url", process.url, ...words];
  const { exitCode, stderr, stdout } = await runFake(command);
  if (stdout === "") throw new Error(stderr);
  const bodies = process.asked.filter(({ path }) => path === "/v1/audit").map(({ body }) => body);
  return { exitCode, report: JSON.parse(stdout) as RunbookReport, audits: bodies };
}

test("what is found is mended alone, verified alone, and the whole is proven", async () => {
  const mending = audits(stale, { ...stale, repair }, stale, clean, clean);

  const { audits: asked, exitCode, report } = await run({ "POST /v1/audit": mending }, "--yes");

  const documents = ["files/a.md"];
  expect(asked).toMatchObject([
    { examples: 1_000, thorough: false },
    { documents, repair: true },
    { documents },
    { documents },
    {},
  ]);
  expect(report).toMatchObject({
    ending: "done",
    documents: [{ documentId: "files/a.md", faults: [{ fault: "stale" }] }],
    escalation: null,
  });
  expect(report.steps.map(({ step }) => step)).toEqual(runbookSteps);
  expect(exitCode).toBe(0);
});

test("nothing is mended unless it is said", async () => {
  const { audits: asked, exitCode, report } = await run({ "POST /v1/audit": audits(stale) });

  expect([exitCode, report.ending]).toEqual([1, "would-mend"]);
  expect(asked).toHaveLength(1);
});

test("a part in trouble ends it before anything is asked, and is named with what to do", async () => {
  const troubles = [{ part: "index", trouble: "Qdrant does not answer" }] as const;
  const freshness: FreshnessWire = aFreshness({ troubles: [...troubles] });

  const {
    audits: asked,
    exitCode,
    report,
  } = await run({ "GET /v1/freshness": freshness }, "--yes");

  expect([exitCode, report.ending, asked]).toEqual([69, "escalated", []]);
  expect(report.escalation).toMatchObject({
    part: "index",
    reason: "Qdrant does not answer",
    page: "docs/runbooks/service-down.md",
  });
});

test("a pipeline that is backed up ends it, with the stage and the part that changes wait for", async () => {
  const oldest = {
    documentId: "files/b.md",
    tenant: null,
    kind: "change",
    since: "2026-01-02T03:00:00.000Z",
    stage: "embed",
    waitsFor: "embedder",
    trouble: null,
  } as const;
  const late = aSource({ pendingChanges: pendingChanges({ pending: 9, late: 4, oldest }) });

  const backedUp = await run({ "GET /v1/freshness": aFreshness({ sources: [late] }) }, "--yes");
  const elsewhere = await run(
    {
      "GET /v1/freshness": aFreshness({ sources: [late, aSource({ source: "app" })] }),
      "POST /v1/audit": audits(clean),
    },
    "--yes",
    "--source",
    "app",
  );

  expect(backedUp.report).toMatchObject({
    ending: "escalated",
    escalation: { part: "embedder", stage: "embed", page: "docs/runbooks/embedder-queue.md" },
  });
  expect(elsewhere.report.ending).toBe("nothing");
});

test("an embedder that makes other vectors than it did ends it: nothing of another space is stored", async () => {
  const finding = {
    cause: "weights",
    severity: "severe",
    detail: "every text moved",
    since: "2026-01-02T03:00:00.000Z",
  } as const;
  const moved = { generations: [{ state: "active", findings: [finding] }] };
  const sentinels = moved as unknown as SentinelsWire;
  const answers = { "POST /v1/sentinels/run": sentinels, "POST /v1/audit": audits(stale) };

  const { audits: asked, exitCode, report } = await run(answers, "--yes");
  const dry = await run(answers, "--dry-run");

  expect([exitCode, report.ending, asked]).toEqual([69, "escalated", []]);
  expect(report.escalation?.page).toBe("docs/runbooks/diagnosis.md");
  expect(dry.report.ending).toBe("would-mend");
});

test("a repair that is refused ends it", async () => {
  const refused = { ...repair, refused: "dead letters are rising: 3, and 1 when it began" };
  const mending = audits(stale, { ...stale, repair: refused });

  const { report } = await run({ "POST /v1/audit": mending }, "--yes");

  expect(report).toMatchObject({
    ending: "escalated",
    escalation: { reason: refused.refused, page: "docs/runbooks/dead-letters-rising.md" },
  });
});

test("what is not right in time ends it, with the first such document and why", async () => {
  const mending = audits(stale, { ...stale, repair }, stale);

  const { report } = await run({ "POST /v1/audit": mending }, "--yes", "--within", "0s");

  expect(report.ending).toBe("escalated");
  expect(report.escalation?.reason).toBe(
    "1 not right in time, such as files/a.md: another revision",
  );
});

test("a document that is right and is not found is not right", async () => {
  const failed = { ...page, standing: "failed", explanation: "its extraction failed" };
  const answers = {
    "POST /v1/audit": audits(stale, { ...stale, repair }, clean),
    "GET /v1/why/files/a.md": failed,
  };

  const { report } = await run(answers, "--yes", "--within", "0s");

  expect(report.escalation?.reason).toMatch(/files\/a\.md: its extraction failed/u);
});

test("faults of other kinds are told, and not mended", async () => {
  const orphan = { documentId: "files/o.md", fault: "orphan", detail: "nobody has it" };
  const both = { ...stale, faulty: 2, examples: [...stale.examples, orphan] };
  const left = { ...stale, examples: [orphan] };
  const mending = audits(both, { ...stale, repair }, clean, left);

  const { exitCode, report } = await run({ "POST /v1/audit": mending }, "--yes");

  expect([exitCode, report.ending]).toEqual([1, "failed"]);
  expect(report.documents.map(({ documentId }) => documentId)).toEqual(["files/a.md"]);
  expect(report.steps.at(-1)?.detail).toMatch(/1 document wrong; 1 orphan/u);
});

test("somebody else's audit is waited for", async () => {
  let asked = 0;
  const busy = aProblem(409, "audit-running", "an audit is running");
  const answer = () => ((asked += 1) < 3 ? busy : { certificates: [clean] });

  const { report } = await run({ "POST /v1/audit": answer }, "--yes");

  expect(report.ending).toBe("nothing");
});

test("what cannot be together is refused, and the list says when each was practised", async () => {
  const rehearsal = {
    runbook: "stale-embeddings",
    outcome: "passed",
    endedAt: "2026-01-02T03:00:00.000Z",
    damaged: 4,
  };
  await using process = await startFakeProcess({
    "GET /v1/rehearsals": { rehearsals: [rehearsal] },
  });
  const at = ["--url", process.url];

  const both = await runFake(["runbook", "stale-embeddings", "--yes", "--dry-run", ...at]);
  const from = await runFake(["runbook", "partial-corruption", "--from", "docs", ...at]);
  const list = await runFake(["runbook", ...at]);

  expect([both.exitCode, from.exitCode]).toEqual([2, 2]);
  expect(list.stdout).toMatch(/stale-embeddings .+ passed .+, 4 documents damaged/u);
  expect(list.stdout).toMatch(/partial-corruption .+ never practised/u);
});
