// The README's test command: format, lint, types, then every test, with a line that says what ran
// and what was skipped, and why. Whole processes on real servers share a machine with whatever else
// runs on it: a file of theirs that fails is tried once more, and is named for it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";

const began = Date.now();
const root = join(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "tidemark-test-"));
const path = `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jestBinary = join(root, "node_modules/jest/bin/jest.js");

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

function jest(name, args) {
  const report = join(scratch, `${name}.json`);
  run(name, "node", [...flags, jestBinary, "--json", `--outputFile=${report}`, ...args]);
  return JSON.parse(readFileSync(report, "utf8"));
}

const failedFiles = (result) =>
  result.testResults
    .filter(({ status }) => status === "failed")
    .map(({ name }) => relative(root, name));

/** Why tests were skipped, as the titles of what they stand in say. */
function reasonsOf(results) {
  const titles = results.flatMap(({ testResults }) =>
    testResults.flatMap(({ assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === "pending")
        .map(({ ancestorTitles, title }) => [...ancestorTitles, title].join(" ")),
    ),
  );
  const reasons = new Map();
  for (const title of titles) {
    const { reason = "other" } = /\(no (?<reason>[^)]*)/u.exec(title)?.groups ?? {};
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => `${count} tests: no ${reason}`);
}

const checks = [
  run("format", "oxfmt", ["--check", "."]),
  run("lint", "oxlint", ["--type-aware", "--deny-warnings", "."]),
  run("typecheck", "tsc", ["-p", "tsconfig.json"]),
];
const chosen = process.argv.slice(2);
const unit = jest("unit", ["--selectProjects", "unit", "--passWithNoTests", ...chosen]);
const whole = jest("e2e", [
  "--selectProjects",
  "e2e",
  "--maxWorkers=2",
  "--passWithNoTests",
  ...chosen,
]);
const again = failedFiles(whole);
const results = [unit, whole];
let failed = checks.filter((passed) => !passed).length;
failed += unit.numFailedTests + unit.numRuntimeErrorTestSuites;
let passed = unit.numPassedTests + whole.numPassedTests;
if (again.length > 0) {
  const second = jest("again", ["--selectProjects", "e2e", "--runTestsByPath", ...again]);
  const before = whole.testResults
    .filter(({ status }) => status === "failed")
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed").length;
  passed += second.numPassedTests - before;
  failed += second.numFailedTests + second.numRuntimeErrorTestSuites;
}
rmSync(scratch, { recursive: true, force: true });

const skipped = reasonsOf(results);
const docker = spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0;
if (!docker) skipped.push("docker: no daemon");
const seconds = Math.round((Date.now() - began) / 1000);
if (again.length > 0) process.stdout.write(`\ntried a second time: ${again.join(", ")}\n`);
process.stdout.write(
  `\n${passed} passed · skipped: ${skipped.join(", ") || "none"} · ${seconds} s\n`,
);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
