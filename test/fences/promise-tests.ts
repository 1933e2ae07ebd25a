/** Runs the tests of the promises in a tree and says which of them failed. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface PromiseTests {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

interface JestReport {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

const timeoutMs = 300_000;
/** One file of all, so that the packages are loaded once for a run and not once for a file. */
const together = "all-together.test.ts";

/** To be called once for a tree, before its tests are run. */
export function gatherPromiseTests(root: string): void {
  const folder = join(root, "test/promises");
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  writeFileSync(join(folder, together), files.map((name) => `import "./${name}";\n`).join(""));
}

/** @throws Error when Jest itself did not run */
export function runPromiseTests(root: string): PromiseTests {
  const report = join(root, "report.json");
  rmSync(report, { force: true });
  const jest = join(root, "node_modules/jest/bin/jest.js");
  const node = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const what = [`test/promises/${together}`, "--selectProjects", "unit"];
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
  for (const { assertionResults, message } of testResults) {
    // What could not be loaded has no tests, and none of them passed.
    if (assertionResults.length === 0) failed.push(message);
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
