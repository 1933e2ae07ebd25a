import { PoisonError, TransientError } from "@tidemark/pipeline";
import { MemoryBucket } from "./memory-bucket.ts";
import { byTags, digestsIn, everybody, openOn } from "./memory-source.ts";
import type { S3Source } from "./s3-source.ts";

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

test("a listing tells the state that reading tells, whatever the state is", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { tags: { readers: "public", other: "1" } });
  bucket.put("b.md", { tags: {} });
  bucket.put("c.md", { text: "x".repeat(5_000), storageClass: "STANDARD_IA" });
  bucket.put("frozen.md", { storageClass: "GLACIER" });
  bucket.put("thawed.md", { storageClass: "GLACIER", isRestored: true });
  bucket.put("large.md", { text: "x".repeat(9_000) });
  for (const policy of [everybody, byTags, { ...byTags, archivedClasses: ["STANDARD_IA"] }]) {
    const source = openOn(bucket, { policy, sizeBytesMax: 8_000 });
    const digests = await digestsIn(source);

    for (const [key, digest] of digests) {
      expect([key, await digestRead(source, key)]).toEqual([key, digest]);
    }
  }
});

test.each<[string, (bucket: MemoryBucket) => void]>([
  ["content", (bucket) => bucket.put("a.md", { text: "other", tags: { readers: "public" } })],
  ["a copy with other metadata", (bucket) => bucket.put("a.md", { tags: { readers: "public" } })],
  ["a used tag", (bucket) => bucket.tag("a.md", { readers: "group:hr" })],
  ["a used tag taken away", (bucket) => bucket.tag("a.md", {})],
  ["class", (bucket) => bucket.move("a.md", { storageClass: "GLACIER", isRestored: false })],
])("the listing tells of another %s", async (_name, change) => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { tags: { readers: "public" } });
  const source = openOn(bucket, { policy: byTags });
  const before = (await digestsIn(source)).get("a.md");

  change(bucket);

  expect((await digestsIn(source)).get("a.md")).not.toBe(before);
});

test("tags that decide nothing are neither asked for nor told", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md", { tags: { readers: "public" } });
  const source = openOn(bucket);
  const before = await digestsIn(source);

  bucket.tag("a.md", { readers: "nobody" });

  expect(await digestsIn(source)).toEqual(before);
  await source.read("a.md");
  expect(bucket.asked.filter((question) => question.startsWith("tags"))).toEqual([]);
});

test("an object whose tags cannot be looked at is listed as one to be read", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md");
  bucket.refuse("a.md", { kind: "blocked", reason: "AccessDenied" });

  expect(await digestsIn(openOn(bucket, { policy: byTags }))).toEqual(
    new Map([["a.md", "unreadable"]]),
  );
});

test("keys are listed by their UTF-8 bytes, over as many pages as there are", async () => {
  const bucket = new MemoryBucket();
  const keys = ["a", "a//b", "a/b", "z", "é", "\uFFFD", "🦊", "two\nlines", "100%", "a b+c"];
  for (const key of keys) bucket.put(key);
  bucket.keysPerPage = 3;

  const listedKeys = [...(await digestsIn(openOn(bucket))).keys()];

  expect(listedKeys).toEqual(
    keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

test("a listing that is interrupted goes on after the last key", async () => {
  const bucket = new MemoryBucket();
  for (const key of ["a", "b", "c"]) bucket.put(key);
  bucket.keysPerPage = 1;
  bucket.beforeNext("page", () => {});
  bucket.beforeNext("page", () => {
    throw new TransientError("S3 did not answer");
  });

  expect([...(await digestsIn(openOn(bucket))).keys()]).toEqual(["a", "b", "c"]);
  expect(bucket.asked).toEqual(["page ", "page a", "page a", "page b"]);
});

test("a listing that never goes on is not whole", async () => {
  const bucket = new MemoryBucket();
  for (let failures = 0; failures < 9; failures += 1) {
    bucket.beforeNext("page", () => {
      throw new TransientError("the bucket cannot be listed: AccessDenied");
    });
  }

  await expect(Array.fromAsync(openOn(bucket).list())).rejects.toBeInstanceOf(TransientError);
});

test("keys in another order would look like deletions, so they are no listing", async () => {
  const bucket = new MemoryBucket();
  const disordered = Object.assign(bucket, {
    page: async () => ({
      objects: ["b", "a"].map((key) => ({
        key,
        etag: "",
        sizeBytes: 0,
        modifiedAtS: 0,
        storageClass: "STANDARD",
        isRestored: false,
      })),
      isLast: true,
    }),
  });

  await expect(Array.fromAsync(openOn(disordered).list())).rejects.toThrow("another order");
});

test("a listing asks no more often than it may", async () => {
  const bucket = new MemoryBucket();
  for (const key of ["a", "b", "c"]) bucket.put(key);
  const pauses: number[] = [];
  let nowMs = 0;
  const slow = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      pauses.push(ms);
      nowMs += ms;
    },
  };

  await Array.fromAsync(
    openOn(bucket, { policy: byTags, clock: slow, requestsPerSecondMax: 10 }).list(),
  );

  expect(bucket.asked).toHaveLength(4);
  expect(nowMs).toBeGreaterThanOrEqual(300);
});

test("in another bucket than before nothing is taken for deleted, until a person accepts it", async () => {
  const bucket = new MemoryBucket();
  const source = openOn(bucket, { rootIdentity: "aws other" });

  expect(await source.provesAbsence()).toBe(false);
  await expect(source.read("a.md")).rejects.toBeInstanceOf(TransientError);

  source.acceptRoot();
  expect(source.rootIdentity).toBe("aws acme-uploads");
  expect(await source.provesAbsence()).toBe(true);
  expect(await source.read("a.md")).toEqual({ kind: "gone" });
});

test("a bucket that cannot be listed proves no absence", async () => {
  const bucket = new MemoryBucket();
  bucket.beforeNext("page", () => {
    throw new TransientError("the bucket is not there");
  });

  expect(await openOn(bucket).provesAbsence()).toBe(false);
});

test("events are to tell of objects, not of what the configuration makes of them", async () => {
  const bucket = new MemoryBucket();
  bucket.put("a.md");
  const before = (await digestsIn(openOn(bucket))).get("a.md") ?? null;
  const other = openOn(bucket, { policy: byTags, exclude: ["tmp/**"] });
  const denied = openOn(bucket, { policy: { ...everybody, permissions: { kind: "unknown" } } });
  const finding = { key: "a.md", before, now: null, known: null };

  expect(other.tellsOf(finding)).toBe(true);
  expect(other.tellsOf({ ...finding, key: "tmp/a.md" })).toBe(false);
  const now = (await digestsIn(denied)).get("a.md") ?? null;
  expect(denied.tellsOf({ ...finding, now })).toBe(false);
});
