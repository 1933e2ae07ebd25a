/** A bucket read and listed through the AWS client, on a real S3. */
import { documentId, sourceName, type Content } from "@tidemark/domain";
import { mapBounded, PoisonError, TransientError } from "@tidemark/pipeline";
import type { S3Source } from "@tidemark/s3";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { findElasticmq } from "../servers/elasticmq.ts";
import { findMoto } from "../servers/moto.ts";
import { describeWith } from "../servers/available.ts";
import { openBucket } from "./support/open-bucket.ts";

const byTags = { permissions: { tag: "readers" }, tenant: { tag: "tenant" } };
/** The server of the tests takes no newline; how that is heard and listed is tested without one. */
const oddKeys = [
  "a b.md",
  "a+b.md",
  "a%2Bb.md",
  "100%.md",
  "tab\tand\u0001.md",
  "über/潮/🦊.md",
  "a//b.md",
  "a/../b.md",
  "&<>\"'.md",
  "=?UTF-8?B?w7w=?=.md",
];
const idOf = (key: string) => documentId(sourceName("uploads"), key);

/** The state that reading tells, also of what is refused. */
async function digestRead(source: S3Source, key: string): Promise<string | null> {
  try {
    const state = await source.read(key);
    return state.kind === "found" ? state.sourceDigest : null;
  } catch (error) {
    if (error instanceof PoisonError) return error.digest;
    throw error;
  }
}

async function found(source: S3Source, key: string) {
  const state = await source.read(key);
  if (state.kind !== "found") throw new Error(`${key}: ${JSON.stringify(state)}`);
  return state;
}

const listed = async (source: S3Source) => await Array.fromAsync(source.list());

const foundQueue = await findElasticmq();

describeWith("a bucket on a real S3", await findMoto(), (s3) => {
  describeWith("with a queue", foundQueue, (sqs) => {
    const create = (isVersioned = false) =>
      BucketUnderTest.create({ s3: s3(), sqs: sqs(), isVersioned });

    test("what is listed is what is read, whatever the object is", async () => {
      await using bucket = await create();
      await bucket.put("a.md", "# A", { tags: { readers: "public", tenant: "acme", other: "1" } });
      await bucket.put("untagged.md", "# B");
      await bucket.put("frozen.md", "ice", { storageClass: "GLACIER" });
      await bucket.put("rare.md", "rare", { storageClass: "STANDARD_IA" });
      await bucket.put("empty.md", new Uint8Array());
      await bucket.put("large.md", "x".repeat(100_000));
      await bucket.put("too-large.md", "x".repeat(200_000));
      await bucket.putInParts("parts.bin", [Buffer.alloc(5 << 20, "a"), Buffer.from("end")]);
      await bucket.copy("a.md", "copy.md", { metadata: { stage: "final" } });
      for (const settings of [{}, byTags, { ...byTags, archived: { storageClass: ["GLACIER"] } }]) {
        await using opened = openBucket(bucket, { settings, options: { sizeBytesMax: 150_000 } });
        const documents = await listed(opened.source);

        expect(documents).toHaveLength(9);
        for (const { digest, key } of documents) {
          expect([key, await digestRead(opened.source, key)]).toEqual([key, digest]);
        }
      }
    });

    test("objects of a bucket with versions are listed and read alike, and fetched as pinned", async () => {
      await using bucket = await create(true);
      const text = "long ".repeat(1_000);
      await bucket.put("a.md", text, { tags: { readers: "public", tenant: "@all" } });
      await using opened = openBucket(bucket, { settings: byTags });
      const { source } = opened;
      const { body, sourceDigest } = await found(source, "a.md");
      expect(await listed(source)).toEqual([{ key: "a.md", digest: sourceDigest }]);

      await bucket.put("a.md", "other", { tags: { readers: "public", tenant: "@all" } });

      const fetched = await source.fetch(idOf("a.md"), body?.content as Content);
      expect(Buffer.from(fetched ?? []).toString()).toBe(text);
      await bucket.delete("a.md");
      expect(await source.read("a.md")).toEqual({ kind: "gone" });
      expect(await listed(source)).toEqual([]);
    });

    test("what was pinned is fetched until it is no more", async () => {
      await using bucket = await create();
      const text = "long ".repeat(1_000);
      await bucket.put("a b+c/潮.md", text);
      await using opened = openBucket(bucket);
      const { source } = opened;
      const id = idOf("a b+c/潮.md");
      const content = (await found(source, "a b+c/潮.md")).body?.content as Content;

      expect(content.kind).toBe("reference");
      expect(Buffer.from((await source.fetch(id, content)) ?? []).toString()).toBe(text);
      await bucket.put("a b+c/潮.md", text.toUpperCase());
      expect(await source.fetch(id, content)).toBeNull();
      await bucket.delete("a b+c/潮.md");
      expect(await source.fetch(id, content)).toBeNull();
    });

    test("an empty object is a document without content", async () => {
      await using bucket = await create();
      await bucket.put("empty.md", new Uint8Array());
      await using opened = openBucket(bucket);

      expect((await found(opened.source, "empty.md")).body).toMatchObject({
        content: { kind: "text", text: "" },
        sizeBytes: 0,
      });
    });

    test("metadata, tags and types are read as they were written", async () => {
      await using bucket = await create();
      await bucket.put("a.md", "# A", {
        metadata: { stage: "final", "page-count": "7" },
        tags: { readers: "group:hr user:ann", tenant: "acme" },
        contentType: "text/markdown; charset=utf-8",
      });
      await bucket.put("b.bin", Uint8Array.of(0xff, 0), { contentType: "binary/octet-stream" });
      await using opened = openBucket(bucket, { settings: byTags });

      expect(await found(opened.source, "a.md")).toMatchObject({
        tenant: "acme",
        permissions: { kind: "only", principals: ["group:hr", "user:ann"] },
        metadata: { stage: "final", "page-count": "7" },
        body: { contentType: "text/markdown; charset=utf-8", content: { text: "# A" } },
      });
      expect(await found(opened.source, "b.bin")).toMatchObject({
        permissions: { kind: "unknown" },
        body: { contentType: null, content: { kind: "bytes" } },
      });
    });

    test("every key that S3 takes is listed and read under itself, in the order of its bytes", async () => {
      await using bucket = await create();
      for (const key of oddKeys) await bucket.put(key, key);
      await using opened = openBucket(bucket);

      const keys = (await listed(opened.source)).map(({ key }) => key);

      const inOrder = oddKeys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(keys).toEqual(inOrder);
      for (const key of keys) {
        expect(await found(opened.source, key)).toMatchObject({ body: { content: { text: key } } });
      }
    });

    test("more keys than a page has are listed, each once", async () => {
      await using bucket = await create();
      const keys = Array.from({ length: 1_050 }, (_, each) => `k/${String(each).padStart(5, "0")}`);
      await bucket.whileEvents({ lost: 1 }, async () => {
        await mapBounded(keys, 8, (key) => bucket.put(key, key));
      });
      await using opened = openBucket(bucket);

      expect((await listed(opened.source)).map(({ key }) => key)).toEqual(keys);
    }, 240_000);

    test("an archived object is hidden, and readable again when its copy is restored", async () => {
      await using bucket = await create();
      await bucket.put("a.md", "ice", { storageClass: "DEEP_ARCHIVE" });
      await using opened = openBucket(bucket);

      expect(await found(opened.source, "a.md")).toMatchObject({ archived: true, body: null });
      await bucket.restore("a.md");
      expect(await found(opened.source, "a.md")).toMatchObject({
        archived: false,
        body: { content: { text: "ice" } },
      });
    });

    test("a bucket that is not there says nothing of its objects", async () => {
      await using bucket = await create();
      await using opened = openBucket(bucket, { name: "tidemark-not-there" });

      await expect(opened.source.read("a.md")).rejects.toBeInstanceOf(TransientError);
      await expect(listed(opened.source)).rejects.toThrow("the bucket is not there");
      expect(await opened.source.provesAbsence()).toBe(false);
    });

    test("a server that does not answer is waited for", async () => {
      await using bucket = await create();
      await using opened = openBucket(bucket, { endpoint: "http://127.0.0.1:9" });

      await expect(opened.source.read("a.md")).rejects.toBeInstanceOf(TransientError);
    });
  });
});
