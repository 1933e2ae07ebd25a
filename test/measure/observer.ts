/**
 * Whether the freshness that is told is what somebody sees who writes files and searches for them:
 * each change is timed from its write to the first search that finds it, one after another, and
 * compared with the lag that its receipts tell.
 *
 *   node test/measure/observer.ts [changes]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@tidemark/testing";
import { EmbeddedDeployment } from "../e2e/support/embedded-deployment.ts";
import { hitOf, untilSettled } from "../e2e/support/found.ts";
import { percentile } from "../e2e/support/percentile.ts";

const [changes = 1_000] = process.argv.slice(2).map(Number);
const pollMs = 20;
const waitMs = 60_000;

await using deployment = await EmbeddedDeployment.start({
  documents: { "page-0.md": "At first." },
});
const { api } = deployment;
// What the first look at the source finds is no change.
await untilSettled(api, "files", { documents: 1 });
const pages = 20;
/** By how much what was seen is later than what was told, less the searches that it took to see it. */
const apart: number[] = [];
const seen: number[] = [];

for (let change = 1; change <= changes; change += 1) {
  const key = `page-${change % pages}.md`;
  const sentence = `The observer writes the sentence number ${change}.`;
  // It may be found before whoever wrote it hears that it is written.
  const beganAtMs = Date.now();
  await deployment.putFile(key, sentence);
  const writtenAtMs = Date.now();
  let askedAtMs = writtenAtMs;
  let lastMissAtMs = writtenAtMs;
  while (Date.now() - writtenAtMs < waitMs) {
    askedAtMs = Date.now();
    const hit = await hitOf(api, `files/${key}`, { query: sentence, limit: 30 });
    if (hit?.text.includes(sentence)) break;
    lastMissAtMs = askedAtMs;
    await sleep(pollMs);
  }
  const foundAtMs = Date.now();
  const times = await eventually(
    async () => {
      const { receipts } = await api.why(`files/${key}`);
      const indexed = receipts
        .filter(({ change: kind, outcome }) => kind === "content" && outcome === "indexed")
        .map(({ at }) => Date.parse(at))
        .filter((atMs) => atMs >= beganAtMs);
      // It can be found a moment before its receipt is out.
      if (indexed.length === 0) throw new Error(`nothing tells of change ${change}`);
      return indexed;
    },
    { withinMs: waitMs },
  );
  const toldAtMs = Math.max(...times);
  seen.push(foundAtMs - writtenAtMs);
  // It was found between the last search that did not find it and the one that did.
  apart.push(toldAtMs < lastMissAtMs ? lastMissAtMs - toldAtMs : Math.max(0, toldAtMs - foundAtMs));
}

await sleep(2_000);
const { p50Ms, p99Ms, pendingChanges } = await api.freshnessOf("files");
const counted = pendingChanges?.objectives.find(({ kind }) => kind === "change");
const beyond = apart.filter((each) => each > pollMs).length;
console.log(`seen    p50 ${percentile(seen, 0.5)} ms · p99 ${percentile(seen, 0.99)} ms`);
console.log(`told    p50 ${p50Ms} ms · p99 ${p99Ms} ms`);
console.log(`counted ${counted?.good} in time, ${counted?.late} late, of ${changes} changes`);
console.log(
  `further apart than one polling interval of ${pollMs} ms: ${beyond}, at most ${Math.max(...apart)} ms`,
);
if (beyond > 0 || (counted?.good ?? 0) + (counted?.late ?? 0) !== changes) process.exitCode = 1;
