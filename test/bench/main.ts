/**
 * `npm run bench [-- --only NAME --quick --out FILE --profile DIRECTORY]`: every figure beside what
 * it is compared with, in one run. A name is a part's, or the beginning of several: `services`. A
 * part that fails or runs out of time says so, and the rest goes on. A quick run prints and writes
 * nothing, unless told where.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { editsPart } from "./edits.ts";
import { installPart } from "./install.ts";
import { describeMachine, load, repository } from "./machine.ts";
import { memoryPart } from "./memory.ts";
import type { Outcome, Part, PartReport } from "./part.ts";
import { sectionText, writePage, type Section } from "./performance-page.ts";
import { scanPart } from "./scan.ts";
import { searchPart } from "./search.ts";
import { servicesEventsPart } from "./services/events.ts";
import { servicesFreshnessPart } from "./services/freshness.ts";
import { servicesRowsFreshnessPart } from "./services/rows-freshness.ts";
import { servicesRowsPart } from "./services/rows.ts";
import { servicesSearchPart } from "./services/search.ts";
import { servicesThroughputPart } from "./services/throughput.ts";
import { throughputPart } from "./throughput.ts";
import { toolsPart } from "./tools.ts";

const parts: readonly Part[] = [
  throughputPart,
  toolsPart,
  editsPart,
  searchPart,
  scanPart,
  memoryPart,
  installPart,
  servicesThroughputPart,
  servicesFreshnessPart,
  servicesEventsPart,
  servicesSearchPart,
  servicesRowsPart,
  servicesRowsFreshnessPart,
];

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    profile: { type: "string" },
  },
});

const exitCodeStopped = 130;
const write = (line: string) => void process.stdout.write(`${line}\n`);
const names = options.only.flatMap((list) => list.split(","));
const isOf = (part: Part, name: string) => part.name === name || part.name.startsWith(`${name}-`);
const unknown = names.filter((name) => !parts.some((part) => isOf(part, name)));
if (unknown.length > 0) {
  write(`no part ${unknown.join(", ")}; there are ${parts.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const command = `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`;
const scratch = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
const sections: Section[] = [];
let opened: AsyncDisposableStack | null = null;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void (opened?.disposeAsync() ?? Promise.resolve())
      .then(() => rm(scratch, { recursive: true, force: true }))
      .finally(() => process.exit(exitCodeStopped));
  });
}
try {
  for (const part of parts) {
    if (names.length > 0 && !names.some((name) => isOf(part, name))) continue;
    write(`\n## ${part.title}\n`);
    const loadBefore = load();
    const outcome = await runPart(part);
    const circumstances = [
      ...describeMachine(),
      `- load (1, 5, 15 minutes) before: ${loadBefore}; after: ${load()}; at ${new Date().toISOString()}`,
      `- command: \`${command}\``,
    ];
    const section = { part, outcome, circumstances };
    sections.push(section);
    write(`\n${sectionText(section)}`);
  }
  const page = options.out ?? (options.quick ? null : join(repository, "docs/performance.md"));
  if (page) writePage(page, sections);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
// Whatever a stopped part may have left behind must not keep the process.
process.exit(sections.every(({ outcome }) => outcome.kind === "done") ? 0 : 1);

/** Goals are stated for full loads; a quick run cannot tell. */
function judged(report: PartReport): PartReport {
  if (!options.quick) return report;
  return { ...report, goals: report.goals.map((goal) => ({ ...goal, met: null })) };
}

async function runPart(part: Part): Promise<Outcome> {
  const directory = join(scratch, part.name);
  await mkdir(directory, { recursive: true });
  if (options.profile) await mkdir(options.profile, { recursive: true });
  const timeout = AbortSignal.timeout(part.withinMs);
  const resources = new AsyncDisposableStack();
  opened = resources;
  const beganAtMs = performance.now();
  const took = () => performance.now() - beganAtMs;
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener("abort", () => {
      reject(new Error(`stopped after ${part.withinMs / 1000} s`));
    });
  });
  try {
    const running = part.run({
      directory,
      quick: options.quick,
      signal: timeout,
      resources,
      profileDirectory: options.profile ?? null,
      progress: (line) => write(`  ${(took() / 1000).toFixed(0).padStart(4)} s  ${line}`),
    });
    const report = judged(await Promise.race([running, late]));
    return { kind: "done", report, tookMs: took() };
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    write(reason);
    return { kind: "failed", reason: reason.split("\n", 1)[0] ?? "", tookMs: took() };
  } finally {
    await resources.disposeAsync().catch((error: unknown) => write(`closing: ${String(error)}`));
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}
