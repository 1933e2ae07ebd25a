/**
 * Each part is made to stand still in turn, by SIGSTOP and by an error, while changes come: whether it
 * is the one that freshness names, from outside of it, whether a page is due while most of the budget
 * is left, whether a probe notices, and how soon all is well after it goes on. Times are from the stall's begin, or its end.
 *
 *   node test/measure/stalls.ts [part …]
 */
import { openLog } from "../integration/support/kafka-log.ts";
import { untilFound } from "../e2e/support/found.ts";
import { untilCleared } from "../e2e/support/stalls.ts";
import { seedHistory, untilCounted } from "./stalls/seeded-history.ts";
import { bucketSources, openStallWorld } from "./stalls/stall-world.ts";
import { pushedSources, stalls } from "./stalls/stall-cases.ts";
import { watchStall, type StallSeen } from "./stalls/watch-stall.ts";

const only = process.argv.slice(2);
await using world = await openStallWorld(pushedSources);
const { cluster, deployment } = world;
const { api } = deployment;
const text = { content: "A page that is there.", contentType: "text/plain" };
await untilFound(api, "files/page.md", "The page is awake.");
for (const source of pushedSources) await api.put(source, "page-0", text);
for (const source of pushedSources) await untilCleared(api, source);

{
  const { log } = await openLog(cluster.kafka, { prefix: deployment.prefix });
  await using _ = log;
  await untilCounted(log);
  await deployment.process("freshness").stop();
  await seedHistory(log, [...pushedSources, ...bucketSources, "files", "rows"], Date.now());
  await deployment.startProcess("freshness").untilReady();
}

console.log(
  "| part | how | named | page | budget left | metric | probe | cleared | found again | changes |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const stall of stalls.filter(({ part }) => only.length === 0 || only.includes(part))) {
  const { how, part } = stall;
  try {
    const seen = await watchStall(world, stall);
    console.log(rowOf([part, how], seen));
    const isPaged = stall.change === undefined || (seen.budgetLeft ?? 0) > 0;
    if (seen.trouble) console.log(`|  | ${seen.trouble.slice(0, 160)} |`);
    if (seen.last === null && isPaged) continue;
    console.log(`NOT ALL WAS SEEN: ${seen.last}`);
  } catch (error) {
    console.log(`| ${part} | ${how} | FAILED: ${String(error).slice(0, 1_000)} |`);
  }
  process.exitCode = 1;
}

function rowOf(names: readonly string[], seen: StallSeen): string {
  const { budgetLeft, changes, clearedMs, foundMs, gaugeMs, namedMs, pageMs, probeMs } = seen;
  const left = budgetLeft === null ? "-" : `${(budgetLeft * 100).toFixed(1)} %`;
  const probe = seen.probe ? `${seen.probe}, ${seconds(probeMs)}` : "-";
  const during = [seconds(namedMs), seconds(pageMs), left, seconds(gaugeMs), probe];
  const after = [seconds(clearedMs), seconds(foundMs)];
  return `| ${[...names, ...during, ...after, changes].join(" | ")} |`;
}

function seconds(ms: number | null): string {
  return ms === null ? "-" : `${(ms / 1_000).toFixed(1)} s`;
}
