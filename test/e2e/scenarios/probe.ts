/** The probe of a folder, as whoever watches freshness and whoever searches meets it. */
import { eventually } from "@tidemark/testing";
import type { Deployment, StartDeployment } from "../support/deployment.ts";

const testMs = 120_000;
const slow = { withinMs: 60_000, everyMs: 100 };
const document = "files/tidemark-probe.md";
export const probedFiles = { probe: { every: "5s", within: "5s" }, scan: "1h" };
const rounds = "tidemark_probes_total";

async function probeOf({ api }: Pick<Deployment, "api">) {
  const { probe } = await api.freshnessOf("files");
  if (!probe) throw new Error("no round of the probe is told of");
  return probe;
}

export async function untilProbe(deployment: Pick<Deployment, "api">, outcome: string) {
  return eventually(async () => {
    const probe = await probeOf(deployment);
    if (probe.outcome === outcome) return probe;
    throw new Error(`the probe is ${JSON.stringify(probe)}`);
  }, slow);
}

export function probeScenarios(name: string, start: StartDeployment): void {
  test(
    `a probe is written, found and told of, and found by nobody else, ${name}`,
    async () => {
      await using deployment = await start({
        files: probedFiles,
        documents: { "mill.md": "The mill grinds." },
      });
      const { api } = deployment;

      const { documentId, hiddenMs, lagMs, writtenAt } = await untilProbe(deployment, "found");

      expect(documentId).toBe(document);
      expect(lagMs).toBeGreaterThan(0);
      expect(lagMs).toBeLessThanOrEqual(5_000);
      expect(hiddenMs).toBeGreaterThan(0);
      expect(hiddenMs).toBeLessThanOrEqual(5_000);
      expect(await api.metric("tidemark_probe_hidden_seconds_count")).toBeGreaterThanOrEqual(1);
      expect(await api.metric("tidemark_probe_seconds_count")).toBeGreaterThanOrEqual(1);
      expect(await api.metric(rounds)).toBeGreaterThanOrEqual(1);
      const query = "Tidemark probe of files";
      const reader = { principals: ["tidemark:probe"] };
      const foundBy = async (asker: object) =>
        (await api.search({ query, ...asker })).results.map((hit) => hit.documentId);
      // It is there for as long as the probe takes to find it.
      await eventually(async () => {
        const [own, others] = [await foundBy(reader), await foundBy({})];
        expect(others).toEqual(["files/mill.md"]);
        expect(own).toContain(document);
      }, slow);
      await eventually(async () => {
        expect((await probeOf(deployment)).writtenAt > writtenAt).toBe(true);
      }, slow);
    },
    testMs,
  );
}
