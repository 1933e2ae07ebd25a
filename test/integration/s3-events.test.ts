/** A bucket heard of through a real SQS, and listed on a real S3, as far as documents are seen. */
import type { OpenS3Options } from "@tidemark/s3";
import { mapBounded, readDeadLetters, type LostReport } from "@tidemark/pipeline";
import { between, eventually, pick, seededChance } from "@tidemark/testing";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { describeWith } from "../servers/available.ts";
import { findElasticmq } from "../servers/elasticmq.ts";
import { findMoto } from "../servers/moto.ts";
import { BucketLine } from "./support/bucket-line.ts";
import { openBucket, type BucketConfig } from "./support/open-bucket.ts";
import { RefusingProxy } from "./support/refusing-proxy.ts";

const readers = { permissions: { tag: "readers" } };
const publicly = { tags: { readers: "public" } };
const waits: Partial<OpenS3Options> = { waitMs: 1_000, times: { deliveryMs: 0 } };
/** A bound for what hangs: machines are shared. */
const testWithinMs = 240_000;

const foundQueue = await findElasticmq();

describeWith("events of a bucket on a real S3", await findMoto(), (s3) => {
  describeWith("through a real SQS", foundQueue, (sqs) => {
    /** One bucket, its queue and a line over both; all of them end with the test. */
    async function withLine(
      given: BucketConfig & {
        readonly isVersioned?: boolean;
        readonly seed?: number;
        readonly options?: Partial<OpenS3Options>;
        readonly before?: (bucket: BucketUnderTest) => Promise<void>;
      },
      body: (bucket: BucketUnderTest, line: BucketLine) => Promise<void>,
    ): Promise<void> {
      const { before, isVersioned = false, options, seed = 1 } = given;
      const chance = seededChance(seed);
      await using bucket = await BucketUnderTest.create({
        s3: s3(),
        sqs: sqs(),
        isVersioned,
        chance,
      });
      await before?.(bucket);
      await using opened = openBucket(bucket, {
        settings: readers,
        ...given,
        options: { ...waits, ...options },
      });
      await using line = await BucketLine.start(opened);
      await body(bucket, line);
    }

    const permissionsOf = async (line: BucketLine, key: string) =>
      (await line.seen(key))?.policy.permissions;

    test(
      "what is created, edited, renamed, restricted, archived and deleted is seen so",
      async () => {
        await withLine({}, async (bucket, line) => {
          await bucket.put("a.md", "# A", publicly);
          await bucket.put("b.md", "# B", publicly);
          await eventually(async () => (await line.seen("b.md")) !== null);
          const first = await line.seen("a.md");

          await bucket.put("a.md", "# A, edited", publicly);
          await bucket.rename("b.md", "c/b+ b.md");
          await eventually(async () => {
            expect((await line.seen("a.md"))?.contentHash).not.toBe(first?.contentHash);
            expect((await line.seen("b.md"))?.deleted).toBe(true);
            expect((await line.seen("c/b+ b.md"))?.deleted).toBe(false);
          });

          await bucket.tag("a.md", { readers: "group:hr" });
          await eventually(async () =>
            expect(await permissionsOf(line, "a.md")).toEqual({
              kind: "only",
              principals: ["group:hr"],
            }),
          );
          await bucket.tag("a.md", {});
          await eventually(async () =>
            expect(await permissionsOf(line, "a.md")).toEqual({ kind: "unknown" }),
          );
          await bucket.copy("c/b+ b.md", "c/b+ b.md", { storageClass: "GLACIER", metadata: {} });
          await eventually(async () => expect((await line.seen("c/b+ b.md"))?.archived).toBe(true));
          await bucket.delete("a.md");
          await eventually(async () => expect((await line.seen("a.md"))?.deleted).toBe(true));
        });
      },
      testWithinMs,
    );

    test(
      "a delete marker deletes, and what is put over it is there again",
      async () => {
        await withLine({ isVersioned: true }, async (bucket, line) => {
          await bucket.put("a.md", "1", publicly);
          await bucket.delete("a.md");
          await eventually(async () => expect((await line.seen("a.md"))?.deleted).toBe(true));

          await bucket.put("a.md", "2", publicly);
          await eventually(async () => expect((await line.seen("a.md"))?.deleted).toBe(false));
        });
      },
      testWithinMs,
    );

    test(
      "the time of a change is its event's, also when only tags changed",
      async () => {
        await withLine({}, async (bucket, line) => {
          await bucket.put("a.md", "1", publicly);
          await eventually(async () => (await line.seen("a.md")) !== null);
          const before = Date.now();

          await bucket.tag("a.md", { readers: "user:ann" });

          await eventually(async () => {
            const seen = await line.seen("a.md");
            expect(seen?.policy.permissions.kind).toBe("only");
            expect(seen?.sourceTimeMs).toBeGreaterThanOrEqual(before - 1);
          });
        });
      },
      testWithinMs,
    );

    test(
      "a message is removed only when its hints are on the log, and nobody else gets it",
      async () => {
        const hiddenMs = 2_000;
        await withLine({ options: { hiddenMs } }, async (bucket, line) => {
          line.isLogFull = true;
          await bucket.put("a.md", "1", publicly);
          // Longer than a message is hidden for: without the heartbeat it would come again, and
          // after its third delivery become a dead letter.
          await new Promise((resolve) => {
            setTimeout(resolve, 5 * hiddenMs);
          });

          expect(await bucket.queue.size()).toBe(1);
          expect(await bucket.queue.size(bucket.queue.deadLettersUrl)).toBe(0);
          expect(await line.seen("a.md")).toBeNull();

          line.isLogFull = false;
          await eventually(async () => (await line.seen("a.md")) !== null, { withinMs: 60_000 });
          await eventually(async () => (await bucket.queue.size()) === 0);
        });
      },
      testWithinMs,
    );

    test(
      "the queue's dead letters are heard, and what nobody can read is set aside",
      async () => {
        await withLine({}, async (bucket, line) => {
          const { deadLettersUrl } = bucket.queue;
          await bucket.whileEvents({ lost: 1 }, () => bucket.put("late.md", "1", publicly));
          const record = {
            eventName: "ObjectCreated:Put",
            s3: { bucket: { name: bucket.name }, object: { key: "late.md" } },
          };

          await bucket.queue.send({ Records: [record] }, deadLettersUrl);
          await bucket.queue.send("no JSON");
          await bucket.queue.send({ Event: "s3:TestEvent" });

          await eventually(async () => (await line.seen("late.md")) !== null);
          await eventually(async () => {
            expect(await bucket.queue.size()).toBe(0);
            expect(await bucket.queue.size(deadLettersUrl)).toBe(0);
            const letters = [...(await readDeadLetters(line.log)).values()];
            expect(letters).toEqual([
              expect.objectContaining({ reason: "unreadable-event", state: "open" }),
            ]);
          });
        });
      },
      testWithinMs,
    );

    test(
      "what is refused stays as it was, and is never taken for deleted",
      async () => {
        await using proxy = await RefusingProxy.before(s3().url);
        const before = (bucket: BucketUnderTest) => bucket.put("a.md", "1", publicly);
        await withLine({ endpoint: proxy.url, before }, async (bucket, line) => {
          await line.settled(() => bucket.queue.size());
          const first = await line.seen("a.md");
          proxy.refuses = ({ url }) => url.pathname.endsWith("/a.md");
          await bucket.put("a.md", "2", publicly);

          await eventually(() => expect([...line.line.blocked.keys()]).toEqual(["a.md"]));
          expect(await line.seen("a.md")).toEqual(first);

          proxy.refuses = ({ url }) => url.searchParams.has("list-type");
          const refused = await line.line.reconcile({ confirm: null });
          expect(refused).toMatchObject({ heldReason: "unlistable", applied: 0 });
          expect((await line.seen("a.md"))?.deleted).toBe(false);

          proxy.refuses = () => false;
          const { lost } = await line.reconcile();
          await eventually(async () =>
            expect((await line.seen("a.md"))?.contentHash).not.toBe(first?.contentHash),
          );
          expect(lost.count).toBe(0);
        });
      },
      testWithinMs,
    );

    test.each([
      { share: 0.02, seed: 11 },
      { share: 0.17, seed: 12 },
    ])(
      "with $share of the events lost, a fifth twice and all in any order, one scan makes all equal and names what was lost",
      async ({ seed, share }) => {
        const keys = Array.from({ length: 150 }, (_, each) => `k/${each}.md`);
        const before = (bucket: BucketUnderTest) =>
          bucket.whileEvents({ lost: 1 }, async () => {
            await mapBounded(keys.slice(50), 8, (key) => bucket.put(key, "before", publicly));
          });
        await withLine({ seed, before }, async (bucket, line) => {
          await line.settled(() => bucket.queue.size());
          bucket.events.settled();
          const chance = seededChance(seed);
          await bucket.whileEvents({ lost: share, duplicated: 0.2, isHeld: true }, async () => {
            // Every key once, and some of them again: what was lost of those may be overtaken.
            const again = Array.from({ length: 40 }, () => pick(chance, keys));
            for (const [change, key] of [...keys, ...again].entries()) {
              await changeOne(bucket, chance, key, change);
            }
            await bucket.events.flush();
          });
          await line.settled(() => bucket.queue.size());
          const { lostKeys } = bucket.events;
          expect(lostKeys.length).toBeGreaterThan(0);
          expect(await line.differences()).toEqual([...lostKeys].sort());

          const { lost } = await line.reconcile();

          expect(await line.differences()).toEqual([]);
          expect(lost).toEqual({
            scannedAtMs: expect.any(Number),
            count: lostKeys.length,
            keys: lostKeys,
            undecided: 0,
          } satisfies LostReport);
          expect((await line.reconcile()).lost).toMatchObject({ count: 0, undecided: 0 });
        });
      },
      testWithinMs,
    );

    test(
      "what a scan finds before its event comes was not lost",
      async () => {
        const options = { times: { deliveryMs: 5_000 } };
        await withLine({ options }, async (bucket, line) => {
          await bucket.whileEvents({ isHeld: true }, async () => {
            await bucket.put("late.md", "1", publicly);
            const judged = line.lost.length;
            await line.line.reconcile({ confirm: null });
            await bucket.events.flush();
            await eventually(() => line.lost.length > judged, { withinMs: 30_000 });
          });

          expect(line.lost.at(-1)).toMatchObject({ count: 0, undecided: 0 });
        });
      },
      testWithinMs,
    );

    /** A bucket's life: mostly edits, some of tags alone, some deletions. */
    async function changeOne(
      bucket: BucketUnderTest,
      chance: () => number,
      key: string,
      change: number,
    ): Promise<void> {
      const present = bucket.events.isPresent(key);
      const roll = chance();
      if (!present || roll < 0.4) return bucket.put(key, `text ${change}`, publicly);
      if (roll < 0.7)
        return bucket.tag(key, { readers: `user:${between(chance, 1, 9)}x${change}` });
      return bucket.delete(key);
    }
  });
});
