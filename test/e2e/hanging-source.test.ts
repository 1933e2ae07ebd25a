/** A bucket that does not answer keeps no other source's deletes and changes waiting. */
import { eventually } from "@tidemark/testing";
import { describeWith, type Finding } from "../servers/available.ts";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { findLocalElasticmq, type LocalElasticmq } from "../servers/elasticmq.ts";
import { findLocalMoto, type LocalMoto } from "../servers/moto.ts";
import { bucketOptions } from "./support/bucket-options.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { hitOf, untilFound } from "./support/found.ts";

const testMs = 120_000;
/** More than are read at once, in all the batches that there may be. */
const toldObjects = 300;
/** What is promised is 5 s, on a machine that does nothing else; the bucket is given 30 s. */
const withinMs = 15_000;
const anybody = { principals: [] } as const;
const prices = "The old page lists prices.";
const edited = "The page is edited.";

describeWith("a bucket that does not answer", await findServers(), (servers) => {
  test(
    "keeps no file's delete and no file's change waiting",
    async () => {
      await using bucket = await BucketUnderTest.create(servers());
      await using deployment = await EmbeddedDeployment.start(
        bucketOptions(
          { uploads: bucket },
          { documents: { "old.md": prices, "page.md": "The page is new." } },
        ),
      );
      const { api } = deployment;
      await untilFound(api, "files/old.md", prices, anybody);
      await untilFound(api, "files/page.md", "The page is new.", anybody);

      await servers().s3.whilePaused(async () => {
        const keys = Array.from({ length: toldObjects }, (_, at) => `told-${at}.md`);
        await Promise.all(
          keys.map((key) => bucket.events.tell({ key, name: "ObjectCreated:Put" })),
        );
        await eventually(
          async () => {
            const { pendingChanges } = await api.freshnessOf("uploads");
            expect(pendingChanges?.pending).toBeGreaterThan(toldObjects / 2);
          },
          { withinMs: testMs / 3 },
        );
        await deployment.deleteFile("old.md");
        await deployment.putFile("page.md", edited);

        await eventually(
          async () => {
            const old = await hitOf(api, "files/old.md", { query: prices, ...anybody });
            const page = await hitOf(api, "files/page.md", { query: edited, ...anybody });
            expect([old, page?.text]).toEqual([undefined, edited]);
          },
          { withinMs },
        );
      });
    },
    testMs,
  );
});

interface Servers extends AsyncDisposable {
  readonly s3: LocalMoto;
  readonly sqs: LocalElasticmq;
}

async function findServers(): Promise<Finding<Servers>> {
  const [s3, sqs] = [await findLocalMoto(), await findLocalElasticmq()];
  if (s3.kind === "absent") return s3;
  if (sqs.kind === "absent") return sqs;
  return {
    kind: "found",
    name: "moto and ElasticMQ",
    async start() {
      await using stack = new AsyncDisposableStack();
      const own = { s3: stack.use(await s3.start()), sqs: stack.use(await sqs.start()) };
      const all = stack.move();
      return { ...own, [Symbol.asyncDispose]: () => all.disposeAsync() };
    },
  };
}
