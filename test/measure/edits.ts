/**
 * What 200 random edits of 20 long documents embed, with each document in a tenant of its own, so
 * that none can take a vector from another.
 *
 *   node test/measure/edits.ts [seed] [seed] …
 */
import { editRun } from "../e2e/support/edit-run.ts";
import { EmbeddedDeployment } from "../e2e/support/embedded-deployment.ts";
import { percentile } from "../e2e/support/percentile.ts";

const embeddedMax = 3;
const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 3];

for (const seed of seeds) {
  await using deployment = await EmbeddedDeployment.start();
  const { changed, embedded } = await editRun(deployment.api, { seed, apart: true });
  console.log(`seed ${seed} · ${embedded.length} edits`);
  console.log(`  embedded       ${tell(embedded)}`);
  console.log(`  or taken over  ${tell(changed)}`);
  if (percentile(embedded, 0.95) > embeddedMax) process.exitCode = 1;
}

function tell(chunks: readonly number[]): string {
  const [median, p95, most] = [0.5, 0.95, 1].map((share) => percentile(chunks, share));
  return `p50 ${median} · p95 ${p95} · most ${most} chunks`;
}
