/** What runbooks do to a deployment that people use, whose index somebody has laid hands on. */
import type { RunbookReport } from "../../../services/cli/src/runbooks/runbook-report.ts";
import type { Corruptions, SpoilVector } from "../support/corrupted-index.ts";
import type { EmbeddedDeployment } from "../support/embedded-deployment.ts";
import { untilFound } from "../support/found.ts";
import { runCommand } from "../support/operator-terminal.ts";

const testMs = 180_000;
const pages = {
  "app/harbour": "The harbour lies north of the old light.",
  "app/ferry": "The ferry leaves twice a day in summer.",
  "app/gauge": "The tide gauge is read every hour.",
  "files/pilot.md": "The pilot boards two miles off the bar.",
  "files/ledger.md": "The customs ledger is nobody's business.",
} as const;

interface Damaged {
  readonly deployment: EmbeddedDeployment;
  readonly corrupt: Corruptions;
  readonly spoilVector: SpoilVector;
}

export function runbookScenarios(name: string, start: () => Promise<Damaged>): void {
  test(
    `what is damaged is found, mended and proven by the runbook for it, ${name}; a dry run mends nothing`,
    async () => {
      const { corrupt, deployment, spoilVector } = await filled(start);
      await using closing = deployment;
      await corrupt.stale("app/ferry");
      await corrupt.fingerprint("files/pilot.md");
      await corrupt.missing("app/harbour");

      const dry = await runbook(closing, "stale-embeddings", "--dry-run");
      const run = await runbook(closing, "stale-embeddings", "--yes");
      const again = await runbook(closing, "stale-embeddings", "--yes");

      const wrong = ["app/ferry", "app/harbour", "files/pilot.md"];
      expect([dry.exitCode, dry.ending, idsOf(dry)]).toEqual([1, "would-mend", wrong]);
      expect([run.exitCode, run.ending, idsOf(run)]).toEqual([0, "done", wrong]);
      expect([again.exitCode, again.ending, idsOf(again)]).toEqual([0, "nothing", []]);

      await spoilVector("app/gauge", "app/ferry");
      await spoilVector("files/ledger.md", "app/ferry");
      const corrupted = await runbook(closing, "partial-corruption", "--yes");
      const right = await runbook(closing, "partial-corruption", "--dry-run");

      expect(corrupted.ending).toBe("done");
      expect(idsOf(corrupted)).toEqual(["app/gauge", "files/ledger.md"]);
      const faults = corrupted.documents.flatMap((document) => document.faults);
      expect(faults.map(({ fault }) => fault)).toEqual(["fingerprint", "fingerprint"]);
      expect([right.exitCode, right.ending]).toEqual([0, "nothing"]);
      await allFound(closing);
    },
    testMs,
  );
}

async function filled(start: () => Promise<Damaged>): Promise<Damaged> {
  const damaged = await start();
  const { api } = damaged.deployment;
  for (const [id, content] of Object.entries(pages)) {
    const [source = "", key = ""] = id.split("/");
    if (source === "app") await api.put(source, key, { content });
    else await damaged.deployment.putFile(key, content);
  }
  await allFound(damaged.deployment);
  return damaged;
}

async function allFound({ api }: EmbeddedDeployment): Promise<void> {
  for (const [id, content] of Object.entries(pages)) await untilFound(api, id, content);
}

async function runbook(
  { dataDirectory }: EmbeddedDeployment,
  ...words: readonly string[]
): Promise<RunbookReport & { readonly exitCode: number }> {
  const at = ["--json", "--data-dir", dataDirectory];
  const { exitCode, stderr, stdout } = await runCommand("runbook", ...words, ...at);
  if (stdout === "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as RunbookReport), exitCode };
}

function idsOf({ documents }: RunbookReport): readonly string[] {
  return documents.map(({ documentId }) => documentId).toSorted();
}
