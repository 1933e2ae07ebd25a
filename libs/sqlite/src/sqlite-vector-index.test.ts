import { statSync } from "node:fs";
import type { DocumentId, GenerationId, Manifest } from "@tidemark/domain";
import type { DocumentCommit } from "@tidemark/pipeline";
import {
  aManifest,
  aPolicy,
  aRevision,
  aToken,
  anId,
  digestsOf,
  only,
  somePoints,
} from "@tidemark/testing";
import { Connection } from "./connection.ts";
import { TemporaryDirectory } from "./fixtures/temporary-directory.ts";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "./index.ts";

const generation = "g1" as GenerationId;
const dimension = 32;
const mebibyte = 1024 * 1024;

async function openIndex(options: { readonly cachedVectorsMax?: number } = {}) {
  const database = await SqliteDatabase.open({ directory: null });
  const index = new SqliteVectorIndex({ database, ...options });
  await index.ensureGeneration(generation, dimension);
  return Object.assign(index, { database });
}

function aCommit(parts: {
  readonly id?: DocumentId;
  readonly texts: readonly string[];
  readonly position: number;
  readonly before?: Manifest;
}): DocumentCommit {
  const { id = anId(), texts, position, before } = parts;
  const revision = aRevision(position);
  const put = somePoints(texts, { generation, documentId: id, revision, dimension });
  const live = digestsOf(put);
  const token = aToken();
  const manifest = aManifest({ documentId: id, revision, token, indexed: { live } });
  return { manifest, tokenRead: before?.token ?? null, put, sweep: { revision, live } };
}

test("a commit acknowledges the log's offset with the document, in one step", async () => {
  const index = await openIndex();
  const log = new SqliteEventLog({ database: index.database });
  await log.append("mutations", [{ key: "a", value: "1" }]);
  await using consumer = await log.consumer("mutations", "upserter.g1");
  const progress = [{ topic: "mutations", group: "upserter.g1", partition: 0, offset: 1 }];

  await index.commit(generation, [aCommit({ texts: ["ebb"], position: 1 })], progress);
  await index.commit(generation, [], [{ ...progress[0], offset: 0 } as (typeof progress)[0]]);

  expect(await consumer.acknowledged()).toEqual(new Map([[0, 1]]));
  expect(await log.lag("mutations", "upserter.g1")).toBe(0);
});

test("vectors of swept points are remembered, the newest so many", async () => {
  const index = await openIndex({ cachedVectorsMax: 5 });
  const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`);
  const first = aCommit({ texts, position: 1 });
  await index.commit(generation, [first], []);
  const kept = texts.slice(0, 12);
  const second = aCommit({ texts: kept, position: 2, before: first.manifest });
  await index.commit(generation, [second], []);
  const third = aCommit({ texts: kept.slice(0, 10), position: 3, before: second.manifest });
  await index.commit(generation, [third], []);

  const hashes = first.put.map(({ textHash }) => textHash);
  const found = await index.vectorsByText(generation, "*", hashes);

  // Ten live ones; of ten swept ones the last two, and three of those before.
  expect(found.size).toBe(15);
  for (const { textHash, vector } of first.put.slice(0, 12)) {
    expect(found.get(textHash)).toEqual(vector);
  }
});

test("a large document is put, committed and swept in parts, and progress comes last", async () => {
  const index = await openIndex();
  const texts = Array.from({ length: 700 }, (_, at) => `text ${at}`);
  const progress = [{ topic: "mutations", group: "u", partition: 0, offset: 9 }];
  const first = aCommit({ texts, position: 1 });
  const deletion = aCommit({ texts: [], position: 2, before: first.manifest });

  expect(await index.commit(generation, [first], [])).toEqual(["won"]);
  const put = (await index.pointsOf(generation, anId())).length;
  expect(await index.commit(generation, [deletion], progress)).toEqual(["won"]);

  expect(put).toBe(700);
  expect(await index.pointsOf(generation, anId())).toEqual([]);
  expect(await index.progress("mutations", "u")).toEqual(new Map([[0, 9]]));
});

test("a sweep with an old list spares what the manifest lists now", async () => {
  const index = await openIndex();
  const first = aCommit({ texts: ["ebb", "flood"], position: 1 });
  await index.commit(generation, [first], []);

  await index.sweep(generation, anId(), { revision: aRevision(9), live: [] });

  expect(await index.pointsOf(generation, anId())).toHaveLength(2);
});

test("points that no manifest lists are no candidates", async () => {
  const index = await openIndex();
  const commit = aCommit({ texts: ["ebb"], position: 1 });
  await index.commit(generation, [commit], []);
  const unlisted = somePoints(["ebb ebb ebb"], { generation, dimension });
  await index.putPoints(generation, unlisted);

  const query = {
    vector: unlisted[0]?.vector ?? new Float32Array(dimension),
    limit: 10,
    narrowing: { tenants: null, principals: [], sources: null, filter: {} },
    excluded: [],
  };

  const found = await index.search(generation, query);
  expect(found.map(({ digest }) => digest)).toEqual(digestsOf(commit.put));
});

test("vectors and queries of another width are refused", async () => {
  const index = await openIndex();
  const narrow = somePoints(["ebb"], { generation, dimension: 16 });

  await expect(index.putPoints(generation, narrow)).rejects.toThrow("32 numbers");
  await expect(index.ensureGeneration(generation, 16)).rejects.toThrow("not of 16");
  await expect(index.searchWithin(generation, new Float32Array(16), [anId()], 1)).rejects.toThrow(
    "16 numbers",
  );
});

test("a dropped generation leaves nothing, and one made anew is empty", async () => {
  const index = await openIndex();
  const commits = Array.from({ length: 40 }, (_, at) =>
    aCommit({
      id: anId(`${at}`),
      texts: Array.from({ length: 30 }, (_, n) => `${n}`),
      position: 1,
    }),
  );
  await index.commit(generation, commits, []);
  await index.sweep(generation, anId("0"), { revision: aRevision(5), live: [] });

  await index.dropGeneration(generation);
  await index.ensureGeneration(generation, dimension);

  expect(await index.counts(generation)).toEqual([]);
  expect(await index.pointsOf(generation, anId("1"))).toEqual([]);
  const hashes = commits[0]?.put.map(({ textHash }) => textHash) ?? [];
  expect(await index.vectorsByText(generation, "*", hashes)).toEqual(new Map());
});

test("restrictions go between the slices of a large put", async () => {
  using directory = new TemporaryDirectory();
  await using database = await SqliteDatabase.open({ directory: directory.path });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(generation, 384);
  const stub = aManifest({ documentId: anId("secret"), indexed: null });
  await index.commit(generation, [{ manifest: stub, tokenRead: null, put: [], sweep: null }], []);
  const texts = Array.from({ length: 2_000 }, (_, at) => `text ${at}`);
  const points = somePoints(texts, { generation, dimension: 384 });
  const put = { done: false };
  const putting = Promise.all(
    [0, 1, 2, 3].map((part) =>
      index.putPoints(generation, points.slice(500 * part, 500 * part + 500)),
    ),
  ).then(() => (put.done = true));

  const waits: number[] = [];
  let before = stub;
  while (!put.done) {
    const policy = aPolicy({ permissions: only(`p${waits.length}`) });
    const manifest = { ...before, token: aToken(), seen: { ...before.seen, policy } };
    const startedMs = performance.now();
    const commit = { manifest, tokenRead: before.token, put: [], sweep: null };
    expect(await index.commit(generation, [commit], [])).toEqual(["won"]);
    waits.push(performance.now() - startedMs);
    before = manifest;
  }
  await putting;

  // Many went between the slices; one put of all would have let none through.
  expect(waits.length).toBeGreaterThan(5);
});

test("policies are kept as long as a document has them", async () => {
  using directory = new TemporaryDirectory();
  {
    await using database = await SqliteDatabase.open({ directory: directory.path, mode: "inline" });
    const index = new SqliteVectorIndex({ database });
    await index.ensureGeneration(generation, dimension);
    let before: Manifest | undefined;
    for (let position = 1; position <= 5; position += 1) {
      const commit = aCommit({ texts: ["ebb"], position, ...(before && { before }) });
      const policy = aPolicy({ permissions: only(`user ${position}`) });
      const { seen, indexed } = commit.manifest;
      const manifest = { ...commit.manifest, seen: { ...seen, policy }, indexed };
      await index.commit(generation, [{ ...commit, manifest }], []);
      before = manifest;
    }
  }

  using connection = new Connection({ file: directory.file("tidemark.db"), role: "writer" });
  const kept = connection.all<{ policies: string }>("select policies from audience");
  expect(kept.map(({ policies }) => policies.includes("user 5"))).toEqual([true]);
});

test("the write-ahead log stays bounded while writes go on", async () => {
  using directory = new TemporaryDirectory();
  await using database = await SqliteDatabase.open({ directory: directory.path });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(generation, 1536);
  const texts = Array.from({ length: 3_000 }, (_, at) => `text ${at}`);
  const vectorOf = () => new Float32Array(1536).fill(1);
  let highest = 0;
  for (let round = 0; round < 6; round += 1) {
    const documentId = anId(`${round}`);
    await index.putPoints(generation, somePoints(texts, { generation, documentId, vectorOf }));
    highest = Math.max(highest, statSync(directory.file("tidemark.db-wal")).size);
  }

  expect((await database.size()).bytes).toBeGreaterThan(100 * mebibyte);
  expect(highest).toBeLessThan(64 * mebibyte);
});
