/** Runbooks as an operator runs them: practised on a copy, and on a process whose index was damaged. */
import { randomUUID } from "node:crypto";
import { runbookNames } from "@tidemark/domain";
import { bundledHandbook } from "@tidemark/embedded";
import { eventually } from "@tidemark/testing";
import { copiedDocuments } from "../../services/cli/src/rehearsals/copied-documents.ts";
import type { Damage } from "../../services/cli/src/rehearsals/damage.ts";
import { rehearse } from "../../services/cli/src/rehearsals/rehearse.ts";
import { describeWith } from "../servers/available.ts";
import { findQdrant } from "../servers/qdrant.ts";
import { runbookScenarios } from "./scenarios/runbooks.ts";
import {
  corruptQdrant,
  corruptSqlite,
  spoilVectorInQdrant,
  spoilVectorInSqlite,
} from "./support/corrupted-index.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { clock, runCommand } from "./support/operator-terminal.ts";

const testMs = 180_000;
const config = { audit: { every: "0s", repairsPerSecond: 100 } };

test.each(runbookNames)(
  "%s is practised on a copy, and the deployment tells when and how it ended",
  async (runbook) => {
    await using deployment = await EmbeddedDeployment.start({ config });
    const { api, dataDirectory } = deployment;

    const asked = ["runbook", runbook, "--rehearse", "--json", "--data-dir", dataDirectory];
    const practised = await runCommand(...asked);

    expect(JSON.parse(practised.stdout)).toMatchObject({
      outcome: "passed",
      reason: null,
      documents: 16,
      damaged: 4,
      recorded: true,
    });
    expect(practised.exitCode).toBe(0);
    expect((await api.status()).rehearsals).toMatchObject([{ runbook, outcome: "passed" }]);
    const findings = await api.doctor();
    const finding = findings.find(({ check }) => check === `rehearsal of ${runbook}`);
    expect(finding).toMatchObject({
      verdict: "ok",
      detail: expect.stringMatching(/^practised at/u),
    });
    await eventually(
      async () => {
        const endedAtS = await api.metric("tidemark_rehearsal_timestamp_seconds");
        expect(endedAtS).toBeGreaterThan(Date.now() / 1_000 - testMs);
      },
      { withinMs: 30_000 },
    );
  },
  testMs,
);

test(
  "a rehearsal fails when the runbook does not find what was damaged",
  async () => {
    // Nothing is done to it, and the runbook is to find it.
    const pretended: Damage = {
      what: "nothing",
      to: async (copy, id) => (await copy.stored(id)).points,
    };

    const rehearsal = await rehearse({
      runbook: "stale-embeddings",
      documents: copiedDocuments(bundledHandbook()).slice(0, 3),
      terminal: clock,
      told: () => {},
      damages: [pretended],
    });

    expect(rehearsal).toMatchObject({ outcome: "failed", damaged: 1 });
    expect(rehearsal.reason).toMatch(/^it did not find files\//u);
  },
  testMs,
);

runbookScenarios("in SQLite", async () => {
  const deployment = await EmbeddedDeployment.start({ config });
  const { dataDirectory } = deployment;
  const spoilVector = spoilVectorInSqlite(dataDirectory);
  return { deployment, corrupt: corruptSqlite(dataDirectory), spoilVector };
});

describeWith("an index in Qdrant", await findQdrant(), (server) => {
  runbookScenarios("in Qdrant", async () => {
    const prefix = `runbook_${randomUUID().slice(0, 8)}_`;
    const { url } = server();
    const index = { kind: "qdrant", url, prefix };
    const deployment = await EmbeddedDeployment.start({ config: { ...config, index } });
    const spoilVector = spoilVectorInQdrant(url, prefix);
    return { deployment, corrupt: corruptQdrant(url, prefix), spoilVector };
  });
});
