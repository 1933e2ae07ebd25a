import { documentId, sourceName, type Content } from "@tidemark/domain";
import { TransientError, type SourceState } from "@tidemark/pipeline";
import { MemoryBucket } from "./memory-bucket.ts";
import { byTags, digestsIn, everybody, openOn } from "./memory-source.ts";
import type { S3Source } from "./s3-source.ts";

const idOf = (key: string) => documentId(sourceName("uploads"), key);

async function found(source: S3Source, key: string) {
  const state = await source.read(key);
  if (state.kind !== "found") throw new Error(`${key}: ${JSON.stringify(state)}`);
  return state;
}

async function contentOf(source: S3Source, key: string): Promise<Content> {
  const { body } = await found(source, key);
  if (!body) throw new Error(`${key} has no body`);
  return body.content;
}

test("an object is read with its type, time, metadata and policy", async () => {
  const bucket = new MemoryBucket();
  bucket.put("kb/hr/pay.md", { text: "# Pay", metadata: { area: "hr", title: "Pay" } });

  const state = await openOn(bucket).read("kb/hr/pay.md");

  expect(state).toEqual({
    kind: "found",
    tenant: "acme",
    permissions: { kind: "public" },
    archived: false,
    metadata: { area: "hr", title: "Pay" },
    sourceDigest: expect.any(String),
    sourceTimeMs: 1_001_000,
    body: {
      content: { kind: "text", text: "# Pay" },
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/u),
      contentType: "text/markdown",
      fileName: "pay.md",
      sizeBytes: 5,
    },
  } satisfies SourceState);
});

test("a document's readers are those of its tag, and without the tag nobody", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { tags: { readers: "group:hr user:ann" } });
  bucket.put("b.md");
  const source = openOn(bucket, { policy: byTags });

  expect(await found(source, "a.md")).toMatchObject({
    permissions: { kind: "only", principals: ["group:hr", "user:ann"] },
  });
  expect(await found(source, "b.md")).toMatchObject({ permissions: { kind: "unknown" } });
});

test("tags that change while the body is read are read again, with the body", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { text: "open", tags: { readers: "public" } });
  const source = openOn(bucket, { policy: byTags });
  bucket.beforeNext("peek", () =>
    bucket.put("a.md", { text: "secret", tags: { readers: "user:ann" } }),
  );

  expect(await found(source, "a.md")).toMatchObject({
    permissions: { kind: "only", principals: ["user:ann"] },
    body: { content: { text: "secret" } },
  });
});

test("tags that were the same before and after are of another version than the body", async () => {
  const bucket = new MemoryBucket({ isVersioned: true });
  bucket.put("a.md", { text: "1", tags: { readers: "public" } });
  const source = openOn(bucket, { policy: byTags });
  bucket.beforeNext("peek", () => bucket.put("a.md", { text: "2", tags: { readers: "user:ann" } }));
  bucket.beforeNext("tags", () => {});
  bucket.beforeNext("tags", () => bucket.put("a.md", { text: "3", tags: { readers: "public" } }));

  expect(await found(source, "a.md")).toMatchObject({ body: { content: { text: "3" } } });
});

test("what never holds still is asked for later", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { tags: { readers: "0" } });
  for (let change = 1; change <= 9; change += 1) {
    bucket.beforeNext("tags", () => bucket.tag("a.md", { readers: String(change) }));
  }

  await expect(openOn(bucket, { policy: byTags }).read("a.md")).rejects.toBeInstanceOf(
    TransientError,
  );
});

test("what is not there is gone, once the bucket has said so twice", async () => {
  const bucket = new MemoryBucket();

  expect(await openOn(bucket).read("a.md")).toEqual({ kind: "gone" });
  expect(bucket.asked).toEqual(["peek a.md", "peek a.md"]);
});

test("what appears between the two is not gone", async () => {
  const bucket = new MemoryBucket();
  bucket.beforeNext("peek", () => {});
  bucket.beforeNext("peek", () => bucket.put("a.md"));

  expect(await openOn(bucket).read("a.md")).toMatchObject({ kind: "found" });
});

test("a delete marker is word enough", async () => {
  const bucket = new MemoryBucket({ isVersioned: true });

  expect(await openOn(bucket).read("a.md")).toEqual({ kind: "gone" });
  expect(bucket.asked).toEqual(["peek a.md"]);
});

test.each([everybody, byTags])("what is refused is blocked, and never gone", async (policy) => {
  const bucket = new MemoryBucket();
  bucket.put("a.md");
  bucket.refuse("a.md", { kind: "blocked", reason: "AccessDenied" });

  expect(await openOn(bucket, { policy }).read("a.md")).toEqual({
    kind: "blocked",
    reason: "AccessDenied",
  });
});

test.each([
  ["that must be restored", "GLACIER", []],
  ["by configuration", "GLACIER_IR", ["GLACIER_IR"]],
])("an object %s is archived, and is not read", async (_name, storageClass, archivedClasses) => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { storageClass, tags: { readers: "user:ann" } });
  const source = openOn(bucket, { policy: { ...byTags, archivedClasses } });

  expect(await found(source, "a.md")).toMatchObject({
    archived: true,
    body: null,
    permissions: { kind: "only", principals: ["user:ann"] },
  });
});

test("where the tags of what is archived are refused, it is hidden without them", async () => {
  const bucket = new MemoryBucket();
  bucket.refusesArchivedTags = true;
  bucket.put("a.md", { storageClass: "GLACIER", tags: { readers: "public" } });
  const source = openOn(bucket, { policy: byTags });

  const state = await found(source, "a.md");

  expect(state).toMatchObject({ archived: true, permissions: { kind: "unknown" } });
  expect((await digestsIn(source)).get("a.md")).toBe(state.sourceDigest);
});

test("a restored copy is read, unless its class is archived by configuration", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { storageClass: "GLACIER", isRestored: true });
  const archived = { ...everybody, archivedClasses: ["GLACIER"] };

  expect(await found(openOn(bucket), "a.md")).toMatchObject({ archived: false });
  expect(await found(openOn(bucket, { policy: archived }), "a.md")).toMatchObject({
    archived: true,
    body: null,
  });
});

test("a large body travels as a reference, and is fetched while it is what was pinned", async () => {
  const bucket = new MemoryBucket();
  const text = "long ".repeat(1_000);
  bucket.put("kb/a.md", { text });
  const source = openOn(bucket);
  const content = await contentOf(source, "kb/a.md");

  expect(content).toMatchObject({ kind: "reference", location: "acme-uploads/kb/a.md" });
  expect(Buffer.from((await source.fetch(idOf("kb/a.md"), content)) ?? []).toString()).toBe(text);

  bucket.put("kb/a.md", { text: text.toUpperCase() });
  expect(await source.fetch(idOf("kb/a.md"), content)).toBeNull();
  bucket.delete("kb/a.md");
  expect(await source.fetch(idOf("kb/a.md"), content)).toBeNull();
});

test("content is the same while its bytes and its type are, large or small", async () => {
  const bucket = new MemoryBucket();
  const source = openOn(bucket);
  for (const text of ["short", "long ".repeat(1_000)]) {
    const hashes: (string | undefined)[] = [];
    for (const change of [
      { text },
      { text, metadata: { stage: "final" } },
      { text, contentType: "text/plain" },
      { text: `${text}!` },
    ]) {
      bucket.put("a.md", change);
      hashes.push((await found(source, "a.md")).body?.contentHash);
    }
    const [first, ...others] = hashes;

    expect(others[0]).toBe(first);
    expect(new Set(hashes).size).toBe(3);
  }
});

test("a large body is not read before it is needed", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { text: "long ".repeat(1_000) });

  await openOn(bucket).read("a.md");

  expect(bucket.asked).toEqual(["peek a.md"]);
});

test("in a bucket with versions the pinned one is fetched, whatever came after it", async () => {
  const bucket = new MemoryBucket({ isVersioned: true });
  const text = "long ".repeat(1_000);
  bucket.put("a.md", { text });
  const source = openOn(bucket);
  const content = await contentOf(source, "a.md");

  bucket.put("a.md", { text: "other" });

  expect(Buffer.from((await source.fetch(idOf("a.md"), content)) ?? []).toString()).toBe(text);
});

test("content that was pinned in another bucket is not this one's", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { text: "x".repeat(5_000) });
  const content = await contentOf(openOn(bucket), "a.md");
  const elsewhere = { ...content, location: "other/a.md" } as Content;

  expect(await openOn(bucket).fetch(idOf("a.md"), elsewhere)).toBeNull();
});

test("an object past the limit is refused by its size alone, naming limit, value and setting", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { text: "123456" });
  const source = openOn(bucket, { sizeBytesMax: 5 });

  await expect(source.read("a.md")).rejects.toMatchObject({
    reason: "size-limit",
    message: "the object has 6 bytes, more than vectors.extraction.input = 5",
    digest: (await digestsIn(source)).get("a.md"),
  });
});

test("a type that says nothing is none, and content that is no text travels as it is", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.pdf", { text: "%PDF", contentType: null });

  expect((await found(openOn(bucket), "a.pdf")).body).toMatchObject({
    contentType: null,
    content: { kind: "bytes", base64: Buffer.from("%PDF").toString("base64") },
  });
});

test("metadata that no filter could use is reported, and the rest is kept", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { metadata: { ok: "1", ["x".repeat(129)]: "2" } });
  const reports: unknown[] = [];
  const source = openOn(bucket, { onReport: (report) => reports.push(report) });

  expect(await found(source, "a.md")).toMatchObject({ metadata: { ok: "1" } });
  expect(reports).toEqual([{ kind: "metadata-field", key: "a.md", field: "x".repeat(129) }]);
});

test("what is outside the prefix or not included is filtered, and not asked for", async () => {
  const bucket = new MemoryBucket();
  for (const key of ["kb/a.md", "kb/a.txt", "a.md", "kb/"]) bucket.put(key);
  const source = openOn(bucket, { prefix: "kb/", include: ["**/*.md"] });

  for (const key of ["kb/a.txt", "a.md", "kb/"]) {
    expect([key, await source.read(key)]).toEqual([key, { kind: "filtered" }]);
  }
  expect(bucket.asked).toEqual([]);
  expect([...(await digestsIn(source)).keys()]).toEqual(["kb/a.md"]);
});
