/** A restriction waits for nothing, and costs those who may read nothing. */
import { restrictionRun } from "../support/restriction-run.ts";
import type { StartDeployment } from "../support/deployment.ts";

const testMs = 180_000;
const queued = 500;
const waitMs = 30_000;
const documents = 2_000;
const allowed = 2;
const distinct = 30;

export function restrictionScenarios(name: string, start: StartDeployment): void {
  describe(`restrictions, ${name}`, () => {
    test(
      "what is revoked or deleted is hidden before what waited before it is found",
      async () => {
        const run = await restrictionRun(start, { rounds: 4, queued, longChunks: 200, seed: 1 });
        await using _deployment = run.deployment;

        const { measured } = run;
        const late = measured.filter(
          ({ pending, pendingAfter }) => pending < queued || pendingAfter < pending / 2,
        );
        expect(late).toEqual([]);
        expect(new Set(measured.map(({ kind }) => kind)).size).toBe(4);
      },
      testMs,
    );

    test(
      "whoever may read a thousandth of the corpus finds all of it",
      async () => {
        await using deployment = await start();
        const { api } = deployment;
        const lines = Array.from({ length: documents }, (_, at) => ({
          key: `ledger-${at}`,
          content: `The ledger of year ${at % distinct} lists barrels of salted fish.`,
          permissions: isOpen(at) ? ["user:clerk"] : ["user:owner"],
        }));
        const { answers } = await api.bulk("app", lines);
        const tokens = answers.flatMap((answer) => ("token" in answer ? [answer.token] : []));
        for (let from = 0; from < tokens.length; from += 100) {
          const after = tokens.slice(from, from + 100);
          const waited = await api.search({ query: "x", after, limit: 1, waitMs });
          expect(waited.after.every(({ status }) => status === "visible")).toBe(true);
        }

        const { complete, results } = await api.search({
          query: "The ledger of year 7 lists barrels of salted fish.",
          limit: allowed,
          principals: ["user:clerk"],
        });

        expect(complete).toBe(true);
        expect(results.map(({ key }) => key).sort()).toEqual(
          lines.flatMap(({ key }, at) => (isOpen(at) ? [key] : [])).sort(),
        );
      },
      testMs,
    );
  });
}

function isOpen(at: number): boolean {
  return at % (documents / allowed) === 500;
}
