/** `npm run chaos -- [--rounds 100] [--seed N] [--keep]`: exits with 1 when anything was violated. */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findChaosServers, startChaosParts } from "./chaos-parts.ts";
import { runChaos } from "./chaos-run.ts";
import { planFaults } from "./plan-faults.ts";
import { faultsOf, tableOf } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    keep: { type: "boolean", default: false },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
const faultsToldMax = 40;
const write = (line: string) => void process.stdout.write(`${line}\n`);

const finding = await findChaosServers();
if (finding.kind === "absent") throw new Error(`no ${finding.name}: ${finding.reason}`);
const directory = mkdtempSync(join(tmpdir(), "tidemark-chaos-"));
process.env["TIDEMARK_TEST_LOGS"] ??= directory;
const beganAtMs = performance.now();
write(`seed ${seed}, in ${directory}`);
await using servers = await finding.start();
await using parts = await startChaosParts(servers);
const { processNames: processes } = parts.deployment;
const plan = planFaults(rounds, { processes, seed });
const result = await runChaos(parts, { rounds: plan, seed, directory, tell: write });
write(`\n${tableOf(result)}`);
const load = loadavg()
  .map((each) => each.toFixed(1))
  .join(" ");
write(`took ${Math.round((performance.now() - beganAtMs) / 1000)} s, seed ${seed}, load ${load}`);
const faults = faultsOf(result);
for (const fault of faults.slice(0, faultsToldMax)) write(`violated: ${fault}`);
if (faults.length > 0) write(`${faults.length} violations`);
if (!values.keep && faults.length === 0) {
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
}
process.exitCode = faults.length > 0 ? 1 : 0;
