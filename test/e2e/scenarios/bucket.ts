/** Objects of a bucket, heard of through its queue. */
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { eventually } from "@tidemark/testing";
import { BucketUnderTest } from "../../servers/bucket-under-test.ts";
import { bucketOptions, type BucketServers } from "../support/bucket-options.ts";
import { hitOf, untilFound, untilGone } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";

const testMs = 180_000;
const queuedHints = 10_000;
/** What is promised is 5 s, on a machine that does nothing else. */
const hiddenWithinMs = 15_000;
const recordsPerMessage = 100;

export function bucketScenarios(
  name: string,
  start: StartDeployment,
  servers: () => BucketServers,
): void {
  describe(`a bucket, ${name}`, () => {
    let bucket: BucketUnderTest;
    let deployment: Deployment;

    beforeAll(async () => {
      bucket = await BucketUnderTest.create(servers());
      await bucket.put("there-before.md", "# Ferry\n\nThe ferry to Hven leaves at noon.\n", open);
      deployment = await start(bucketOptions({ uploads: bucket }));
    }, testMs);

    afterAll(async () => {
      await deployment[Symbol.asyncDispose]();
      await bucket[Symbol.asyncDispose]();
    });

    test(
      "has what was there before the start",
      async () => {
        const sentence = "The ferry to Hven leaves at noon.";

        const hit = await untilFound(deployment.api, "uploads/there-before.md", sentence, anybody);

        expect(hit).toMatchObject({ source: "uploads", key: "there-before.md", title: "Ferry" });
      },
      testMs,
    );

    test(
      "finds an object that is put, its edit in place of it, and loses what is deleted",
      async () => {
        const { api } = deployment;
        const [first, second] = ["The bakery sells rye bread.", "The bakery sells saffron buns."];

        await bucket.put("notes/a bakery+shop.md", first, open);
        await untilFound(api, "uploads/notes/a bakery+shop.md", first, anybody);
        await bucket.put("notes/a bakery+shop.md", second, open);
        const edited = await untilFound(api, "uploads/notes/a bakery+shop.md", second, anybody);
        await bucket.delete("notes/a bakery+shop.md");
        await untilGone(api, "uploads/notes/a bakery+shop.md", second, anybody);

        expect(edited.text).not.toContain("rye");
        expect((await api.why("uploads/notes/a bakery+shop.md")).standing).toBe("deleted");
      },
      testMs,
    );

    test(
      "finds a renamed object under its new name alone, and embeds nothing for it",
      async () => {
        const { api } = deployment;
        const sentence = "Granite was carried here by the ice.";
        await bucket.put("stones.md", sentence, open);
        await untilFound(api, "uploads/stones.md", sentence, anybody);

        await bucket.rename("stones.md", "geology/stones.md");
        await untilFound(api, "uploads/geology/stones.md", sentence, anybody);
        await untilGone(api, "uploads/stones.md", sentence, anybody);

        const { receipts } = await api.why("uploads/geology/stones.md");
        const indexed = receipts.filter(({ outcome }) => outcome === "indexed");
        expect(indexed.map(({ chunks }) => chunks)).toMatchObject([{ embedded: 0, reused: 1 }]);
      },
      testMs,
    );

    test(
      "hides what a tag revokes from all but those whom it names, and what lost its tag from everybody",
      async () => {
        const { api } = deployment;
        const sentence = "The salaries are paid on the twentieth.";
        await bucket.put("salaries.md", sentence, open);
        await untilFound(api, "uploads/salaries.md", sentence, anybody);

        await bucket.tag("salaries.md", { readers: "group:hr" });
        await untilGone(api, "uploads/salaries.md", sentence, anybody);
        await untilGone(api, "uploads/salaries.md", sentence, { principals: ["group:it"] });
        await untilFound(api, "uploads/salaries.md", sentence, { principals: ["group:hr"] });
        await bucket.tag("salaries.md", {});
        await untilGone(api, "uploads/salaries.md", sentence, { principals: ["group:hr"] });
        await bucket.tag("salaries.md", { readers: "public" });
        await untilFound(api, "uploads/salaries.md", sentence, anybody);

        const { receipts } = await api.why("uploads/salaries.md");
        expect(receipts.reduce((sum, { chunks }) => sum + chunks.embedded, 0)).toBe(1);
      },
      testMs,
    );

    test(
      "hides an object of an archived class and keeps it, so that it comes back without embedding",
      async () => {
        const { api } = deployment;
        const sentence = "The old tariff is void since January.";
        await bucket.put("tariff.md", sentence, open);
        await untilFound(api, "uploads/tariff.md", sentence, anybody);

        await bucket.copy("tariff.md", "tariff.md", { storageClass: "GLACIER" });
        await untilGone(api, "uploads/tariff.md", sentence, anybody);
        const archived = await api.why("uploads/tariff.md");
        await bucket.put("tariff.md", sentence, open);
        await untilFound(api, "uploads/tariff.md", sentence, anybody);

        const { receipts } = await api.why("uploads/tariff.md");
        expect(archived.standing).toBe("archived");
        expect(receipts.reduce((sum, { chunks }) => sum + chunks.embedded, 0)).toBe(1);
      },
      testMs,
    );

    test(
      `hides what is deleted or revoked while ${queuedHints} hints of others wait before it`,
      async () => {
        const { api } = deployment;
        const sentence = "The lamp of the pier is lit at dusk.";
        const restrictions = {
          "deleted.md": (key: string) => bucket.delete(key),
          "revoked.md": (key: string) => bucket.tag(key, { readers: "user:nobody" }),
        };
        for (const key of Object.keys(restrictions)) {
          await bucket.put(key, sentence, open);
          await untilFound(api, `uploads/${key}`, sentence, anybody);
        }
        await tellOfMany(bucket, queuedHints);
        // What is told last of all those that wait.
        await bucket.put("last.md", "The last of many is read when all others were.", open);

        for (const [key, restrict] of Object.entries(restrictions)) {
          const beganAtMs = performance.now();
          await restrict(key);
          await eventually(
            async () => {
              if (await hitOf(api, `uploads/${key}`, { query: sentence, ...anybody }))
                throw new Error(`${key} is still found`);
            },
            { withinMs: hiddenWithinMs, everyMs: 20 },
          );
          const hiddenMs = performance.now() - beganAtMs;
          process.stdout.write(`${name}: ${key} is hidden after ${Math.round(hiddenMs)} ms\n`);
        }
        const last = await hitOf(api, "uploads/last.md", { query: "The last of many", ...anybody });

        // Else nothing waited any more.
        expect(last).toBeUndefined();
      },
      testMs,
    );
  });
}

const open = { tags: { readers: "public" } };
/** Where sources say who may read what, a search says for whom it is. */
const anybody = { principals: [] };

/** Events of keys that nobody ever put, each of which is read and found absent. */
async function tellOfMany({ name, queue }: BucketUnderTest, events: number): Promise<void> {
  const messages = Array.from({ length: events / recordsPerMessage }, (_, message) => ({
    Records: Array.from({ length: recordsPerMessage }, (_record, at) => ({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      eventTime: new Date().toISOString(),
      eventName: "ObjectCreated:Put",
      s3: {
        s3SchemaVersion: "1.0",
        bucket: { name },
        object: { key: `crowd/${message}/${at}.md`, size: 1, eTag: "0" },
      },
    })),
  }));
  for (let at = 0; at < messages.length; at += 2) {
    const Entries = messages
      .slice(at, at + 2)
      .map((message, each) => ({ Id: String(each), MessageBody: JSON.stringify(message) }));
    await queue.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  }
}
