/**
 * How long what is revoked or deleted can still be found behind a full queue, and whether an asker
 * with rights to a thousandth of the corpus gets as many results as were asked for.
 *
 *   node test/measure/restrict.ts [rounds] [queued] [chunks of the long document]
 */
import { EmbeddedDeployment } from "../e2e/support/embedded-deployment.ts";
import { indexedIn } from "../e2e/support/edit-run.ts";
import { percentile } from "../e2e/support/percentile.ts";
import { restrictionRun } from "../e2e/support/restriction-run.ts";
import { untilSettled } from "../e2e/support/found.ts";

const [rounds = 100, queued = 10_000, longChunks = 5_000] = process.argv.slice(2).map(Number);
const hiddenMsMax = 1_000;
const limit = 10;
const settleMs = 60 * 60_000;

const beganAtMs = performance.now();
const { deployment, measured } = await restrictionRun(
  (options) => EmbeddedDeployment.start(options),
  { rounds, queued, longChunks, seed: 1 },
);
await using one = deployment as EmbeddedDeployment;
for (const kind of new Set(measured.map((each) => each.kind))) {
  const own = measured.filter((each) => each.kind === kind);
  console.log(`${kind.padEnd(14)} ${tell(own.map(({ hiddenMs }) => hiddenMs))}`);
}
console.log(`${"hidden".padEnd(14)} ${tell(measured.map(({ hiddenMs }) => hiddenMs))}`);
console.log(`${"answered".padEnd(14)} ${tell(measured.map(({ answeredMs }) => answeredMs))}`);
const pending = Math.min(...measured.map((each) => each.pending));
const worst = Math.max(...measured.map((each) => each.hiddenMs));
const amid = measured.filter(({ amidLong }) => amidLong).length;
console.log(
  `least queued ${pending} · ${amid} amid the commit of ${longChunks} chunks · ${seconds()} s`,
);
const { receipts } = await one.api.why("app/long");
for (const { chunks, timings } of indexedIn(receipts).slice(-2)) {
  console.log(`long document: ${JSON.stringify({ ...chunks, ...timings })}`);
}

const rare = await askWithFewRights(10_000);
console.log(`rights to ${limit} of 10000: ${rare.length} results of ${limit} · ${seconds()} s`);
console.log(`peak memory ${Math.round(one.process.memoryPeakBytes() / 2 ** 20)} MiB`);
if (worst >= hiddenMsMax || pending < queued || amid < rounds * 0.9 || rare.length < limit)
  process.exitCode = 1;

/** A corpus of its own, of which one document in a thousand may be read. */
async function askWithFewRights(documents: number): Promise<readonly string[]> {
  await using apart = await EmbeddedDeployment.start();
  const lines = Array.from({ length: documents }, (_, at) => ({
    key: `ledger-${at}`,
    content: `The ledger of year ${at % 50} lists barrels of salted fish.`,
    permissions: [at % 1_000 === 500 ? "user:clerk" : "user:owner"],
  }));
  for (let from = 0; from < documents; from += 1_000) {
    await apart.api.bulk("app", lines.slice(from, from + 1_000));
  }
  await untilSettled(apart.api, "app", { documents, withinMs: settleMs });
  const { results } = await apart.api.search({
    query: "The ledger of year 7 lists barrels of salted fish.",
    limit,
    principals: ["user:clerk"],
  });
  return results.map(({ documentId }) => documentId);
}

function tell(values: readonly number[]): string {
  const [median, p99, most] = [0.5, 0.99, 1].map((share) => Math.round(percentile(values, share)));
  return `n ${values.length} · p50 ${median} ms · p99 ${p99} ms · worst ${most} ms`;
}

function seconds(): number {
  return Math.round((performance.now() - beganAtMs) / 1_000);
}
