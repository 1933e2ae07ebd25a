/** Events of buckets that are lost, come twice and come in any order. */
import { eventually, seededChance } from "@tidemark/testing";
import { BucketUnderTest } from "../../servers/bucket-under-test.ts";
import { bucketOptions, type BucketServers } from "../support/bucket-options.ts";
import { ChangingObjects } from "../support/changing-objects.ts";
import { untilSettled } from "../support/found.ts";
import type { StartDeployment } from "../support/deployment.ts";

interface Told {
  readonly source: string;
  readonly documents: readonly string[];
}

const testMs = 420_000;
const withinMs = 120_000;
/** What was lost is told from what is late when nothing late can come any more. */
const judgedWithinMs = 240_000;

const buckets = [
  { source: "few", lost: 0.02, documents: 200 },
  { source: "many", lost: 0.17, documents: 80 },
] as const;

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
        const opened = new Map<string, BucketUnderTest>();
        for (const { documents, source } of buckets) {
          const chance = seededChance(documents);
          const bucket = await BucketUnderTest.create({ ...servers(), chance });
          opened.set(source, stack.use(bucket));
        }
        const each = buckets.map((of) => {
          const bucket = opened.get(of.source)!;
          return { ...of, bucket, objects: new ChangingObjects(bucket, { ...of, seed: 7 }) };
        });
        await Promise.all(each.map(({ objects }) => objects.fill()));
        await using deployment = await start(bucketOptions(Object.fromEntries(opened)));
        const { api } = deployment;
        for (const { documents, source } of each) {
          await untilSettled(api, source, { documents, withinMs });
        }

        await Promise.all(
          each.map(async ({ bucket, lost, objects }) => {
            await objects.changeAll({ lost, duplicated: 0.2, isHeld: true });
            await bucket.events.flush();
            await eventually(async () => (await bucket.queue.size()) === 0, { withinMs });
          }),
        );
        const sinceMs = Date.now();
        for (const { source } of each) await api.reconcile(source);
        for (const { source } of each) await untilSettled(api, source, { sinceMs, withinMs });

        for (const { bucket, objects, source } of each) {
          expect(bucket.events.lostEvents).toBeGreaterThan(0);
          expect(await objects.differences(api, source)).toEqual([]);
          const reported = await eventually(() => lostKeysOf(source, deployment.log()), {
            withinMs: judgedWithinMs,
          });
          expect(reported).toEqual(bucket.events.lostKeys);
        }
      },
      testMs,
    );
  });
}

/** As the log names them. */
function lostKeysOf(source: string, log: string): readonly string[] {
  const lines = log
    .split("\n")
    .filter((line) => line.includes("events were lost"))
    .map((line) => JSON.parse(line) as Told)
    .filter((told) => told.source === source);
  if (lines.length === 0) throw new Error(`no lost event of ${source} is told of`);
  return [...new Set(lines.flatMap(({ documents }) => documents))].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}
