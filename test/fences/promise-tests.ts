/** Runs the tests of the promises in a tree and says which of them failed. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

export interface PromiseTests {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

const timeoutMs = 120_000;

/** @throws Error when Jest itself did not run */
export function runPromiseTests(root: string): PromiseTests {
  const report = join(root, "report.json");
  rmSync(report, { force: true });
  const jest = join(root, "node_modules/jest/bin/jest.js");
  const node = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const what = ["test/promises", "--selectProjects", "unit"];
  const how = ["--runInBand", "--silent", "--watchman=false", "--json", `--outputFile=${report}`];
  const { stderr, error } = spawnSync(process.execPath, [...node, jest, ...what, ...how], {
    cwd: root,
    encoding: "utf8",
    timeout: timeoutMs,
  });
  if (error) throw error;
  const { testResults } = JSON.parse(readOr(report, stderr)) as JestReport;
  const passed: string[] = [];
  const failed: string[] = [];
  for (const { name, assertionResults, message } of testResults) {
    // A file that could not be loaded has no tests, and none of them passed.
    if (assertionResults.length === 0) failed.push(`${relative(root, name)}: ${message}`);
    for (const { title, status } of assertionResults) {
      (status === "passed" ? passed : failed).push(title);
    }
  }
  return { passed, failed };
}

function readOr(report: string, stderr: string): string {
  try {
    return readFileSync(report, "utf8");
  } catch (error) {
    throw new Error(`Jest wrote no report: ${stderr}`, { cause: error });
  }
}
