/** `npm run kills -- [--rounds 200] [--seed N] [--keep]`: exits with 1 when anything was violated. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runRounds } from "./kill-rounds.ts";
import { faultsOf, tableOf } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    keep: { type: "boolean", default: false },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
/** Ten in each step are promised of 200 rounds. */
const killsLeast = Math.floor(rounds / 20);
const write = (line: string) => void process.stdout.write(`${line}\n`);

const directory = mkdtempSync(join(tmpdir(), "tidemark-kills-"));
const beganAtMs = performance.now();
write(`seed ${seed}, in ${directory}`);
const result = await runRounds({ rounds, seed, directory, checkEvery: 20, tell: write });
write(`\n${tableOf(result)}`);
write(`took ${Math.round((performance.now() - beganAtMs) / 1000)} s, seed ${seed}`);
const faults = faultsOf(result, killsLeast);
for (const fault of faults) write(`violated: ${fault}`);
if (!values.keep && faults.length === 0) rmSync(directory, { recursive: true, force: true });
process.exitCode = faults.length > 0 ? 1 : 0;
