/** What an audit finds of an index that somebody has laid hands on, and what becomes of it. */
import { auditFaults } from "@tidemark/domain";
import { eventually } from "@tidemark/testing";
import { damages, ghostOf, type Corruptions, type Damage } from "../support/corrupted-index.ts";
import type { Deployment } from "../support/deployment.ts";
import { untilFound } from "../support/found.ts";

const testMs = 180_000;
const withinMs = 90_000;
const ann = { principals: ["ann"] };
const unreadable = "noise.pdf";
/** Damage that makes a document of no source. */
const makesGhost: ReadonlySet<Damage> = new Set(["orphan", "stray-points"]);

/** By damage, the page that has it. */
const pages: Readonly<Record<Damage, string>> = {
  missing: "The harbour lies north of the old light.",
  orphan: "The chandler sells rope and lamp oil.",
  stale: "The ferry leaves twice a day in summer.",
  fingerprint: "The tide gauge is read every hour.",
  permissions: "The customs ledger is nobody's business.",
  duplicate: "The pilot boards two miles off the bar.",
  "second-manifest": "The cook counts the barrels of flour.",
  "stray-points": "The signal mast was struck by lightning.",
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
      const done = Object.entries(corrupt) as [Damage, Corruptions["missing"]][];
      const kinds = done.map(([damage]) => damage);
      for (const damage of kinds) {
        const permissions = damage === "permissions" ? ["ann"] : "public";
        await api.put("app", damage, { content: pages[damage], permissions });
      }
      const base64 = Buffer.from("no page of any book").toString("base64");
      await api.put("app", unreadable, { content: { base64 }, contentType: "application/pdf" });
      for (const damage of kinds) await untilFound(api, `app/${damage}`, pages[damage], ann);
      await eventually(async () => expect(await api.deadLetters()).toHaveLength(1), { withinMs });
      const before = await api.audit({ source: "app" });
      for (const [damage, spoil] of done) await spoil(`app/${damage}`);

      const found = await api.audit({ source: "app" });
      const dry = await api.audit({ source: "app", repair: true, dryRun: true });
      const repaired = await api.audit({ source: "app", repair: true });

      const [documents, faulty] = [kinds.length + 1, kinds.length];
      const setAside = { documents: 1, examples: [{ documentId: `app/${unreadable}` }] };
      expect(before).toMatchObject({
        verdict: "clean",
        faulty: 0,
        logged: documents,
        sampled: kinds.length,
        setAside,
      });
      expect(found).toMatchObject({ verdict: "faulty", faulty, faults: countsOf(kinds), setAside });
      const named = found.examples.map(({ documentId, fault }) => `${fault} ${documentId}`);
      const expected = kinds.map((damage) => {
        const id = `app/${damage}`;
        return `${damages[damage]} ${makesGhost.has(damage) ? ghostOf(id) : id}`;
      });
      expect(named.toSorted()).toEqual(expected.toSorted());
      expect(dry).toMatchObject({
        faulty,
        repair: { dryRun: true, documents: faulty, refused: null },
      });
      expect(repaired.repair).toMatchObject({ dryRun: false, documents: faulty, refused: null });
      await eventually(
        async () => {
          const after = await api.audit({ source: "app" });
          expect(after).toMatchObject({ verdict: "clean", faulty: 0, undecided: 0 });
          // The ghost keeps its manifest, as whatever was deleted does.
          expect(after.manifests).toBe(documents + 1);
        },
        { withinMs },
      );
      const strangers = await api.search({ query: pages.permissions, principals: ["bo"] });
      expect(strangers.results.map(({ documentId }) => documentId)).not.toContain(
        "app/permissions",
      );
      for (const damage of kinds) await untilFound(api, `app/${damage}`, pages[damage], ann);
      expect((await api.status()).audits).toMatchObject([
        { source: "app", verdict: "clean", setAside: 1 },
      ]);
    },
    testMs,
  );
}

function countsOf(kinds: readonly Damage[]) {
  return Object.fromEntries(
    auditFaults.map((fault) => [fault, kinds.filter((damage) => damages[damage] === fault).length]),
  );
}
