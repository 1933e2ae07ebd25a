/** What an audit finds of an index that somebody has laid hands on, and what becomes of it. */
import type { AuditFault } from "@tidemark/domain";
import { eventually } from "@tidemark/testing";
import { ghostOf, type Corruptions } from "../support/corrupted-index.ts";
import type { Deployment } from "../support/deployment.ts";
import { untilFound } from "../support/found.ts";

const testMs = 180_000;
const withinMs = 90_000;
const ann = { principals: ["ann"] };

/** By fault, the page that has it. */
const pages: Readonly<Record<AuditFault, string>> = {
  missing: "The harbour lies north of the old light.",
  orphan: "The chandler sells rope and lamp oil.",
  stale: "The ferry leaves twice a day in summer.",
  fingerprint: "The tide gauge is read every hour.",
  permissions: "The customs ledger is nobody's business.",
  duplicate: "The pilot boards two miles off the bar.",
};

export function auditScenarios(
  name: string,
  start: () => Promise<{ readonly deployment: Deployment; readonly corrupt: Corruptions }>,
): void {
  test(
    `each of the six faults is found, named and mended, ${name}, and the next audit is clean`,
    async () => {
      const { corrupt, deployment } = await start();
      await using closing = deployment;
      const { api } = closing;
      const faults = Object.entries(pages) as [AuditFault, string][];
      for (const [fault, content] of faults) {
        const permissions = fault === "permissions" ? ["ann"] : "public";
        await api.put("app", fault, { content, permissions });
      }
      for (const [fault, content] of faults) await untilFound(api, `app/${fault}`, content, ann);
      const before = await api.audit({ source: "app" });
      for (const [fault] of faults) await corrupt[fault](`app/${fault}`);

      const found = await api.audit({ source: "app" });
      const dry = await api.audit({ source: "app", repair: true, dryRun: true });
      const repaired = await api.audit({ source: "app", repair: true });

      expect(before).toMatchObject({ verdict: "clean", faulty: 0, logged: 6, sampled: 6 });
      expect(found).toMatchObject({ verdict: "faulty", faulty: 6, faults: onceEach(faults) });
      const named = found.examples.map(({ documentId, fault }) => `${fault} ${documentId}`);
      const expected = faults.map(([fault]) =>
        fault === "orphan" ? `${fault} ${ghostOf("app/orphan")}` : `${fault} app/${fault}`,
      );
      expect(named.toSorted()).toEqual(expected.toSorted());
      expect(dry).toMatchObject({
        faulty: 6,
        repair: { dryRun: true, documents: 6, refused: null },
      });
      expect(repaired.repair).toMatchObject({ dryRun: false, documents: 6, refused: null });
      await eventually(
        async () => {
          const after = await api.audit({ source: "app" });
          expect(after).toMatchObject({ verdict: "clean", faulty: 0, undecided: 0 });
        },
        { withinMs },
      );
      const strangers = await api.search({ query: pages.permissions, principals: ["bo"] });
      expect(strangers.results.map(({ documentId }) => documentId)).not.toContain(
        "app/permissions",
      );
      for (const [fault, content] of faults) await untilFound(api, `app/${fault}`, content, ann);
      expect((await api.status()).audits).toMatchObject([{ source: "app", verdict: "clean" }]);
    },
    testMs,
  );
}

function onceEach(faults: readonly (readonly [AuditFault, string])[]) {
  return Object.fromEntries(faults.map(([fault]) => [fault, 1]));
}
