/**
 * How long an object of a bucket that was deleted, or revoked by its tags, can still be found by a
 * search of the gateway, on services, while thousands of hints of other objects wait before it.
 *
 *   node test/measure/restrict-bucket.ts [rounds] [queued]
 */
import { loadavg } from "node:os";
import { hintsTopic, mapBounded, resolverGroup, type EventLog } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";
import { bucketOptions } from "../e2e/support/bucket-options.ts";
import { findBucketServers } from "../e2e/support/bucket-servers.ts";
import { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import { hitOf, untilFound } from "../e2e/support/found.ts";
import { percentile } from "../e2e/support/percentile.ts";
import { openLog } from "../integration/support/kafka-log.ts";
import type { Finding } from "../servers/available.ts";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { findCluster } from "../servers/cluster.ts";

interface Hidden {
  readonly kind: "delete" | "revoke";
  /** From the moment before the object was changed until a search was asked that did not find it. */
  readonly hiddenMs: number;
  /** Hints on the log, and messages in the queue, when it was changed. */
  readonly hints: number;
  readonly messages: number;
  readonly load: number;
}

const [rounds = 24, queued = 10_000] = process.argv.slice(2).map(Number);
const hiddenMsMax = 5_000;
const giveUpMs = 120_000;
/** Waits besides, so that what is read during a round leaves enough. */
const spare = Math.ceil(queued / 5);
/** More than wait at once, so that no two hints that wait are of one object. */
const others = 2 * queued;
const putsAtOnceMax = 8;
const source = "uploads";
const open = { tags: { readers: "public" } };
const anybody = { principals: [] };

const beganAtMs = performance.now();
await using cluster = await started(await findCluster());
await using servers = await started(await findBucketServers());
await using bucket = await BucketUnderTest.create(servers);
await using deployment = await DistributedDeployment.start(
  cluster.address,
  bucketOptions({ [source]: bucket }),
);
const { log } = await openLog(cluster.address, { prefix: deployment.prefix });
await using _log = log;

for (let round = 0; round < rounds; round += 1) {
  await bucket.put(keyOf(round), sentenceOf(round), open);
}
for (let round = 0; round < rounds; round += 1) {
  await untilFound(deployment.api, `${source}/${keyOf(round)}`, sentenceOf(round), anybody);
}
await bucket.whileEvents({ isHeld: true }, async () => {
  const every = Array.from({ length: others }, (_, at) => at);
  await mapBounded(every, putsAtOnceMax, (at) =>
    bucket.put(otherOf(at), `The ${at}th of many entries lists ${at % 97} barrels.`, open),
  );
  await bucket.events.flush();
});
console.log(`${others} objects are put and told of · ${seconds()} s`);

const measured: Hidden[] = [];
let told = 0;
for (let round = 0; round < rounds; round += 1) {
  await fill(log);
  measured.push(await measure(log, round));
  console.log(JSON.stringify(measured.at(-1)));
}
for (const kind of ["delete", "revoke"] as const) {
  console.log(`${kind} ${tell(measured.filter((each) => each.kind === kind))}`);
}
console.log(`hidden ${tell(measured)}`);
const least = Math.min(...measured.map(({ hints, messages }) => hints + messages));
console.log(`least that waited ${least} · ${seconds()} s`);
const worst = Math.max(...measured.map(({ hiddenMs }) => hiddenMs));
if (worst >= hiddenMsMax || least < queued) process.exitCode = 1;

/** Tells of objects again, always of those that were told of longest ago, until enough wait. */
async function fill(from: EventLog): Promise<void> {
  const { hints, messages } = await waiting(from);
  const lacking = queued + spare - hints - messages;
  if (lacking <= 0) return;
  await bucket.whileEvents({ isHeld: true }, async () => {
    for (const end = told + lacking + spare; told < end; told += 1) {
      await bucket.events.tell({ key: otherOf(told % others), name: "ObjectCreated:Put" });
    }
    await bucket.events.flush();
  });
}

async function measure(from: EventLog, round: number): Promise<Hidden> {
  const kind = round % 2 === 0 ? "delete" : "revoke";
  const id = `${source}/${keyOf(round)}`;
  const question = { query: sentenceOf(round), ...anybody };
  const before = await waiting(from);
  if (!(await hitOf(deployment.api, id, question))) throw new Error(`${id} is not found at all`);
  const changedAtMs = performance.now();
  if (kind === "delete") await bucket.delete(keyOf(round));
  else await bucket.tag(keyOf(round), { readers: "user:nobody" });
  const hiddenMs = await eventually(
    async () => {
      const askedAtMs = performance.now();
      if (await hitOf(deployment.api, id, question)) throw new Error(`${id} is still found`);
      return askedAtMs - changedAtMs;
    },
    { withinMs: giveUpMs, everyMs: 5 },
  );
  return { kind, hiddenMs: Math.round(hiddenMs), ...before, load: loadavg()[0] ?? 0 };
}

async function waiting(from: EventLog): Promise<Pick<Hidden, "hints" | "messages">> {
  const hints = await from.lag(hintsTopic, resolverGroup);
  return { hints, messages: await bucket.queue.size() };
}

async function started<S extends AsyncDisposable>(finding: Finding<S>): Promise<S> {
  if (finding.kind === "absent") throw new Error(`no ${finding.name}: ${finding.reason}`);
  return finding.start();
}

function keyOf(round: number): string {
  return `probe/${round}.md`;
}

function otherOf(at: number): string {
  return `many/${at}.md`;
}

function sentenceOf(round: number): string {
  return `Sealed letter number ${round} names the heir of the lighthouse.`;
}

function tell(each: readonly Hidden[]): string {
  const values = each.map(({ hiddenMs }) => hiddenMs);
  const [median, most] = [0.5, 1].map((share) => Math.round(percentile(values, share)));
  return `n ${values.length} · p50 ${median} ms · worst ${most} ms`;
}

function seconds(): number {
  return Math.round((performance.now() - beganAtMs) / 1_000);
}
