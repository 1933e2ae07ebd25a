/**
 * `npm run chaos -- [--source files|rows] [--victims own|all] [--rounds 100] [--seed N] [--keep]`: exits
 * with 1 when anything was violated. Of rows, what is struck is the connector and the database, unless
 * all is said.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Finding } from "../servers/available.ts";
import { runChaos } from "./chaos-run.ts";
import { allOf, type ChaosParts } from "./chaos-world.ts";
import { findFilesServers, startFilesParts } from "./files-parts.ts";
import { planFaults } from "./plan-faults.ts";
import { faultsOf, tableOf } from "./report.ts";
import { findRowsServers, startRowsParts } from "./rows-parts.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    source: { type: "string", default: "files" },
    victims: { type: "string", default: "own" },
    keep: { type: "boolean", default: false },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
const faultsToldMax = 40;
const write = (line: string) => void process.stdout.write(`${line}\n`);

/** How the parts of a source's run are started. */
async function findParts(source: string) {
  if (source === "rows") return startedBy(await findRowsServers(), startRowsParts);
  if (source === "files") return startedBy(await findFilesServers(), startFilesParts);
  throw new Error(`no source ${source}: files or rows`);
}

function startedBy<Servers extends AsyncDisposable>(
  finding: Finding<Servers>,
  startParts: (servers: Servers) => Promise<ChaosParts>,
) {
  if (finding.kind === "absent") throw new Error(`no ${finding.name}: ${finding.reason}`);
  return async (stack: AsyncDisposableStack) =>
    stack.use(await startParts(stack.use(await finding.start())));
}

const start = await findParts(values.source);
const directory = mkdtempSync(join(tmpdir(), "tidemark-chaos-"));
process.env["TIDEMARK_TEST_LOGS"] ??= directory;
const beganAtMs = performance.now();
write(`seed ${seed}, in ${directory}`);
await using stack = new AsyncDisposableStack();
const parts = await start(stack);
const victims = values.victims === "all" ? allOf(parts) : parts.victims;
const plan = planFaults(rounds, { ...victims, seed });
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
