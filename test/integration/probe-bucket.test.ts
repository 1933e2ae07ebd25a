/** A probe's object on a real S3: written as anybody writes, and never over anybody else's. */
import { probeSentence } from "@tidemark/domain";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { findElasticmq } from "../servers/elasticmq.ts";
import { findMoto } from "../servers/moto.ts";
import { describeWith } from "../servers/available.ts";
import { openBucket } from "./support/open-bucket.ts";

const key = "own/tidemark-probe.md";
const asker = { tenant: "tidemark:probe", principals: ["tidemark:probe"] };
const byTags = { permissions: { tag: "readers" }, tenant: { tag: "tenant" } };
const never = new AbortController().signal;
const sentence = (round: number) => probeSentence("uploads", round, round);
const foundQueue = await findElasticmq();

describeWith("a bucket on a real S3", await findMoto(), (s3) => {
  describeWith("with a queue", foundQueue, (sqs) => {
    const create = () => BucketUnderTest.create({ s3: s3(), sqs: sqs() });

    test("a probe is a document of its source, for its reader alone, and each write replaces it", async () => {
      await using bucket = await create();
      await using opened = openBucket(bucket, { settings: byTags });
      const probe = opened.probe({ key, asker });

      await probe.write(sentence(1), never);
      await probe.write(sentence(2), never);

      expect(await opened.source.read(key)).toMatchObject({
        kind: "found",
        tenant: "tidemark:probe",
        permissions: { kind: "only", principals: ["tidemark:probe"] },
        body: { content: { kind: "text", text: sentence(2) }, contentType: "text/markdown" },
      });
      expect((await Array.fromAsync(opened.source.list())).map((each) => each.key)).toEqual([key]);
    });

    test("a probe's object is deleted, and one that is not there is no trouble", async () => {
      await using bucket = await create();
      await using opened = openBucket(bucket);
      const probe = opened.probe({ key, asker });
      await probe.write(sentence(1), never);

      await probe.delete(never);
      await probe.delete(never);

      expect(await Array.fromAsync(opened.source.list())).toEqual([]);
    });

    test("where no tags are looked at, none are written", async () => {
      await using bucket = await create();
      await using opened = openBucket(bucket);

      await opened.probe({ key, asker }).write(sentence(1), never);

      await using tagged = openBucket(bucket, { settings: byTags });
      expect(await opened.source.read(key)).toMatchObject({ permissions: { kind: "public" } });
      expect(await tagged.source.read(key)).toMatchObject({ permissions: { kind: "unknown" } });
    });

    test.each([
      ["short", "# Ours"],
      ["long", `${sentence(1)}\n`.repeat(200)],
    ])("an object of somebody else's is left alone, %s as it is", async (_, text) => {
      await using bucket = await create();
      await bucket.put(key, text);
      await using opened = openBucket(bucket);

      const write = opened.probe({ key, asker }).write(sentence(2), never);

      await expect(write).rejects.toThrow(/left alone/u);
      await expect(opened.probe({ key, asker }).delete(never)).rejects.toThrow(/left alone/u);
      const [listed] = await Array.fromAsync(opened.source.list());
      expect(await opened.source.read(key)).toMatchObject({
        body: { sizeBytes: Buffer.byteLength(text) },
        sourceDigest: listed?.digest,
      });
    });

    test("a bucket that is not there says so", async () => {
      await using bucket = await create();
      await using opened = openBucket(bucket, { name: `${bucket.name}-not` });

      const write = opened.probe({ key, asker }).write(sentence(1), never);

      await expect(write).rejects.toThrow("the bucket is not there");
    });
  });
});
