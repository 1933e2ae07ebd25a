/** Events of buckets that are lost, come twice and come in any order. */
import { eventually, seededChance } from "@tidemark/testing";
import { BucketUnderTest } from "../../servers/bucket-under-test.ts";
import { bucketOptions, type BucketServers } from "../support/bucket-options.ts";
import { ChangingObjects } from "../support/changing-objects.ts";
import { untilSettled } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";

interface Told {
  readonly source: string;
  readonly documents: readonly string[];
}

const testMs = 540_000;
const withinMs = 120_000;
/** What was lost is told from what is late when nothing late can come any more. */
const judgedWithinMs = 240_000;

const buckets = [
  { source: "few", lost: 0.02, documents: 200 },
  { source: "many", lost: 0.17, documents: 80 },
] as const;

interface ChangingBucket {
  readonly source: string;
  readonly lost: number;
  readonly documents: number;
  readonly bucket: BucketUnderTest;
  readonly objects: ChangingObjects;
}

export function lostEventScenarios(
  name: string,
  start: StartDeployment,
  servers: () => BucketServers,
): void {
  describe(`events of buckets, ${name}`, () => {
    test(
      "2 in 100 or 17 in 100 lost, a fifth twice and all in any order: one scan finds and names what no event told of",
      async () => {
        await using stack = new AsyncDisposableStack();
        const each: ChangingBucket[] = [];
        for (const of of buckets) {
          const chance = seededChance(of.documents);
          const bucket = stack.use(await BucketUnderTest.create({ ...servers(), chance }));
          each.push({ ...of, bucket, objects: new ChangingObjects(bucket, { ...of, seed: 7 }) });
        }
        await Promise.all(each.map(({ objects }) => objects.fill()));
        const opened = Object.fromEntries(each.map(({ bucket, source }) => [source, bucket]));
        const config = { server: { log: "json" } };
        await using deployment = await start(bucketOptions(opened, { config }));
        const { api } = deployment;
        for (const { documents, source } of each) {
          await untilSettled(api, source, { documents, withinMs });
        }
        // An event of what was there before must not tell of what was changed since.
        await reconcileAll(deployment, each);

        await Promise.all(
          each.map(async ({ bucket, lost, objects }) => {
            await objects.changeAll({ lost, duplicated: 0.2, isHeld: true });
            await bucket.events.flush();
          }),
        );
        await reconcileAll(deployment, each);

        for (const { bucket, objects, source } of each) {
          expect(await objects.differences(api, source)).toEqual([]);
          const { lostKeys } = bucket.events;
          expect(lostKeys.length).toBeGreaterThan(0);
          const reported = await eventually(() => lostKeysOf(source, deployment.log()), {
            withinMs: judgedWithinMs,
            everyMs: 500,
          });
          expect(reported).toEqual(lostKeys);
        }
      },
      testMs,
    );
  });
}

/** One scan of each when its queue is empty, until nothing of it is on its way. */
async function reconcileAll({ api }: Deployment, each: readonly ChangingBucket[]): Promise<void> {
  for (const { bucket } of each) {
    await eventually(
      async () => {
        const size = await bucket.queue.size();
        if (size > 0) throw new Error(`${size} messages are in the queue`);
      },
      { withinMs, everyMs: 200 },
    );
  }
  const sinceMs = Date.now();
  for (const { source } of each) await api.reconcile(source);
  for (const { source } of each) await untilSettled(api, source, { sinceMs, withinMs });
}

/** As the log names them. */
function lostKeysOf(source: string, log: string): readonly string[] {
  const lines = log
    .split("\n")
    .filter((line) => line.includes("events were lost"))
    .map((line) => JSON.parse(line) as Told)
    .filter((told) => told.source === source);
  if (lines.length === 0) throw new Error(`no lost event of ${source} is told of`);
  return lines
    .flatMap(({ documents }) => documents)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
