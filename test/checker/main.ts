/**
 * `node test/checker/main.ts --config FILE (--url URL | --data DIRECTORY) [--cluster FILE]…
 * [--pushed FILE] [--tokens FILE]`: prints a report as JSON, ends with 1 when anything differs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkDirectory, checkProcess } from "./check.ts";
import { readLines, type PushedDocument } from "./pushed-document.ts";

const { values } = parseArgs({
  options: {
    config: { type: "string" },
    cluster: { type: "string", multiple: true, default: [] },
    url: { type: "string" },
    data: { type: "string" },
    pushed: { type: "string" },
    tokens: { type: "string" },
  },
});
const { config: configFile, data, pushed, tokens, url } = values;
if (!configFile || (url === undefined) === (data === undefined)) {
  throw new Error("--config FILE and one of --url URL and --data DIRECTORY are expected");
}

const work = mkdtempSync(join(tmpdir(), "tidemark-check-"));
const options = {
  configFile,
  clusterFiles: values.cluster,
  pushed: pushed ? await readLines<PushedDocument>(pushed) : [],
  tokens: tokens ? await readLines<string>(tokens) : [],
  work,
};
const report = url
  ? await checkProcess({ ...options, url })
  : await checkDirectory({ ...options, dataDirectory: data ?? "" });
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = report.differences.length > 0 ? 1 : 0;
// After an error it stays, with what the processes said.
rmSync(work, { recursive: true, force: true });
