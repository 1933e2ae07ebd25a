/**
 * A restart on many unchanged files: how long until it is ready and has scanned them all, and what
 * it embeds.
 *
 *   node test/measure/restart.ts [files]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedDeployment } from "../e2e/support/embedded-deployment.ts";
import { untilSettled } from "../e2e/support/found.ts";

const [files = 10_000] = process.argv.slice(2).map(Number);
const tookMsMax = 5_000;
const settleMs = 60 * 60_000;

const documents = Object.fromEntries(
  Array.from({ length: files }, (_, at) => [
    `shelf-${at % 100}/card-${at}.md`,
    `Card ${at}: herring number ${at * 7} is landed in autumn.`,
  ]),
);
await using deployment = await EmbeddedDeployment.start({ documents });
let lapAtMs = performance.now();
await untilSettled(deployment.api, "files", { documents: files, withinMs: settleMs });
console.log(`${files} files indexed once in ${lap()} ms`);

for (let round = 1; round <= 3; round += 1) {
  const sinceMs = Date.now();
  let stoppedMs = 0;
  await deployment.restart(async () => {
    stoppedMs = lap();
  });
  const listeningMs = lap();
  while (!(await deployment.api.isReady())) await sleep(5);
  const readyMs = lap();
  await untilSettled(deployment.api, "files", { sinceMs, withinMs: settleMs });
  const scannedMs = lap();
  const tookMs = listeningMs + readyMs + scannedMs;
  const embedded = await deployment.api.metric("tidemark_chunks_embedded_total");
  const compared = await deployment.api.metric("tidemark_scan_documents_total");
  console.log(
    `restart ${round}: ${tookMs} ms to ready and scanned (listening ${listeningMs}, ready ${readyMs}, ` +
      `scanned ${scannedMs}; stopping before it ${stoppedMs}) · compared ${compared} · embedded ${embedded}`,
  );
  if (tookMs >= tookMsMax || embedded > 0 || compared < files) process.exitCode = 1;
}

/** Milliseconds since the last one. */
function lap(): number {
  const before = lapAtMs;
  lapAtMs = performance.now();
  return Math.round(lapAtMs - before);
}
