// The README's test command: format, lint, types, then every test, with a line that says what ran
// and what was skipped, and why.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const began = Date.now();
const root = join(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "tidemark-test-"));
const report = join(scratch, "report.json");
const path = `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`;

function run(name, command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  if (error) throw error;
  if (status !== 0) process.stderr.write(`${name} failed with exit code ${status}\n`);
  return status === 0;
}

function has(command) {
  return (
    spawnSync("sh", ["-c", `command -v ${command}`], { env: { ...process.env, PATH: path } })
      .status === 0
  );
}

function skippedParts() {
  const parts = [];
  parts.push(has("qdrant") ? "qdrant (its adapter comes later)" : "qdrant (not on PATH)");
  const docker = has("docker") && spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0;
  parts.push(docker ? "docker (nothing to test in it yet)" : "docker (no daemon)");
  return parts;
}

const checks = [
  run("format", "oxfmt", ["--check", "."]),
  run("lint", "oxlint", ["--type-aware", "--deny-warnings", "."]),
  run("typecheck", "tsc", ["-p", "tsconfig.json"]),
];
const node = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jest = [join(root, "node_modules/jest/bin/jest.js"), "--json", `--outputFile=${report}`];
run("jest", "node", [...node, ...jest, ...process.argv.slice(2)]);
const result = JSON.parse(readFileSync(report, "utf8"));
rmSync(scratch, { recursive: true, force: true });

const failedChecks = checks.filter((passed) => !passed).length;
const failed = result.numFailedTests + result.numFailedTestSuites + failedChecks;
const skipped = [...skippedParts()];
if (result.numPendingTests > 0) skipped.push(`${result.numPendingTests} tests`);
const seconds = Math.round((Date.now() - began) / 1000);
process.stdout.write(
  `\n${result.numPassedTests} passed · skipped: ${skipped.join(", ")} · ${seconds} s\n`,
);
process.stdout.write(`${result.numPassedTests} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && result.numPassedTests > 0 ? 0 : 1;
