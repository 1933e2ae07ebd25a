import { encodeMutation } from "@tidemark/domain";
import { OffsetOutOfRangeError, topicPolicy } from "@tidemark/pipeline";
import { aDraft, anId } from "@tidemark/testing";
import { SqliteDatabase, SqliteEventLog } from "./index.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const poll = { recordsMax: 100, bytesMax: 1_000_000, waitMs: 0 };
const all = { from: 0, to: 1e9, recordsMax: 1e9 };

class World implements AsyncDisposable {
  readonly log: SqliteEventLog;
  readonly database: SqliteDatabase;
  nowMs = Date.UTC(2026, 0, 1);

  private constructor(database: SqliteDatabase, partitions: number) {
    this.database = database;
    this.log = new SqliteEventLog({ database, partitions, now: () => this.nowMs });
  }

  static async open(partitions = 1): Promise<World> {
    return new World(await SqliteDatabase.open({ directory: null }), partitions);
  }

  async kept(topic: string): Promise<(string | null)[]> {
    return (await this.log.read(topic, 0, all)).map(({ offset, key }) => `${offset} ${key}`);
  }

  /** Appends mutations one by one, each with what it is called in the test. */
  async mutate(...revisions: readonly [key: string, position: number | null, epoch?: number][]) {
    for (const [key, position, epoch = 1] of revisions) {
      const [id = "", facet] = key.split("#");
      const draft = { ...aDraft({ documentId: anId(id) }), epoch, position };
      const kind = { kind: "facet", facet: { facet: "metadata", metadata: {} } } as const;
      const value = encodeMutation(facet ? { ...draft, ...kind } : draft);
      await this.log.append("mutations", [{ key: key.replace(id, anId(id)), value }]);
    }
  }

  maintain() {
    return this.log.maintain({ nowMs: this.nowMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.database[Symbol.asyncDispose]();
  }
}

test("of a document's mutations the highest revision is kept, wherever it stands", async () => {
  await using world = await World.open();
  await world.mutate(["a", 20], ["a", 37], ["b", 5], ["a", 21], ["b", 5], ["c", 9, 1], ["c", 1, 2]);
  world.nowMs += 2 * dayMs;

  await world.maintain();

  expect(await world.kept("mutations")).toEqual(["1 files/a", "4 files/b", "6 files/c"]);
});

test("a position that the record leaves to the log is its offset plus one", async () => {
  await using world = await World.open();
  await world.mutate(["a", null], ["a", 2], ["b", null], ["b", null], ["c", 100], ["c", null]);
  world.nowMs += 2 * dayMs;

  await world.maintain();

  expect(await world.kept("mutations")).toEqual(["1 files/a", "3 files/b", "4 files/c"]);
});

test("a facet goes when its document was stated after it, and stays when before", async () => {
  await using world = await World.open();
  await world.mutate(
    ["a#metadata", 3],
    ["a", 4],
    ["b", 5],
    ["b#metadata", 6],
    ["b#permissions", 7],
  );
  world.nowMs += 2 * dayMs;

  await world.maintain();

  expect(await world.kept("mutations")).toEqual([
    "1 files/a",
    "2 files/b",
    "3 files/b#metadata",
    "4 files/b#permissions",
  ]);
});

test("a document whose id ends like a facet's key is no facet", async () => {
  await using world = await World.open();
  const value = encodeMutation(aDraft({ documentId: anId("a#metadata"), revision: 1 }));
  await world.log.append("mutations", [{ key: anId("a#metadata"), value }]);
  await world.mutate(["a", 9]);
  world.nowMs += 2 * dayMs;

  await world.maintain();

  expect(await world.kept("mutations")).toEqual(["0 files/a#metadata", "1 files/a"]);
});

test("what is young neither goes nor makes others go", async () => {
  await using world = await World.open();
  await world.mutate(["a", 1], ["a", 2]);
  world.nowMs += 23 * hourMs;
  await world.mutate(["a", 3]);
  world.nowMs += 2 * hourMs;

  await world.maintain();
  const first = await world.kept("mutations");
  world.nowMs += dayMs;
  await world.maintain();

  expect(first).toEqual(["1 files/a", "2 files/a"]);
  expect(await world.kept("mutations")).toEqual(["2 files/a"]);
});

test("records that cannot be read stay, and those that were erased give way", async () => {
  await using world = await World.open();
  await world.log.append("mutations", [{ key: anId("a"), value: "{" }]);
  await world.mutate(["b", 5]);
  await world.log.erase("mutations", anId("b"));
  await world.mutate(["a", 5], ["b", 4]);
  world.nowMs += 2 * dayMs;

  await world.maintain();

  expect(await world.kept("mutations")).toEqual(["0 files/a", "2 files/a", "3 files/b"]);
});

test("a long log is compacted in slices, to the newest of each key", async () => {
  await using world = await World.open();
  const records = Array.from({ length: 2_000 }, (_, at) => ({
    key: `k${at % 30}`,
    value: `${at}`,
  }));
  await world.log.append("control", records);
  world.nowMs += 2 * hourMs;

  const { compacted } = await world.maintain();

  expect(compacted).toBe(1_970);
  const left = await world.log.read("control", 0, all);
  expect(left.map(({ value }) => Number(value))).toEqual(
    Array.from({ length: 30 }, (_, at) => 1_970 + at),
  );
});

test("of a key that is needed no more nothing is left, once that is old enough", async () => {
  await using world = await World.open();
  const write = (key: string, value: string | null) =>
    world.log.append("control", [{ key, value }]);
  for (const key of ["a", "b"]) await write(key, "1");
  await write("a", null);
  world.nowMs += 2 * hourMs;
  await write("b", null);

  await world.maintain();

  expect(await world.kept("control")).toEqual(["1 b", "3 b"]);
});

test("a group goes on over what compaction took, and no error comes of it", async () => {
  await using world = await World.open();
  await world.mutate(["a", 1], ["a", 2], ["a", 3], ["b", 4]);
  await using consumer = await world.log.consumer("mutations", "group");
  await consumer.acknowledge(0, 1);
  world.nowMs += 2 * dayMs;
  await world.maintain();

  await using successor = await world.log.consumer("mutations", "group");

  expect((await successor.poll(poll)).map(({ offset }) => offset)).toEqual([2, 3]);
});

test("what is past its time goes, and whoever had not read it is told", async () => {
  await using world = await World.open();
  const { retainMs } = topicPolicy("hints");
  await world.log.append(
    "hints",
    Array.from({ length: 500 }, () => ({ key: "a", value: "1" })),
  );
  await using behind = await world.log.consumer("hints", "behind");
  await behind.acknowledge(0, 100);
  world.nowMs += (retainMs ?? 0) + 1;
  await world.log.append("hints", [{ key: "b", value: "2" }]);

  const { trimmed } = await world.maintain();

  expect(trimmed).toBe(500);
  expect(await world.log.ranges("hints")).toEqual([{ partition: 0, begin: 500, end: 501 }]);
  const told = await behind.poll(poll).catch((error: unknown) => error);
  expect(told).toBeInstanceOf(OffsetOutOfRangeError);
  expect(told).toMatchObject({ topic: "hints", partition: 0, offset: 100, begin: 500 });
  await behind.rewind(0, 500);
  expect((await behind.poll(poll)).map(({ key }) => key)).toEqual(["b"]);
});

test("offsets go on after everything was trimmed", async () => {
  await using world = await World.open();
  await world.log.append("hints", [{ key: "a", value: "1" }]);
  world.nowMs += 365 * dayMs;
  await world.maintain();

  const [appended] = await world.log.append("hints", [{ key: "a", value: "1" }]);

  expect(appended).toEqual({ partition: 0, offset: 1 });
  expect(await world.log.lag("hints", "nobody")).toBe(1);
});

test("a document's records are found by its id, its facets' too, newest first", async () => {
  await using world = await World.open();
  await world.mutate(["a", 1], ["ab", 2], ["a#permissions", 3], ["a#metadata", 4], ["a", 5]);

  const records = await world.log.recordsOf("mutations", anId("a"), 3);

  expect(records.map(({ offset }) => offset)).toEqual([4, 3, 2]);
  expect(await world.log.recordsOf("receipts", anId("a"), 3)).toEqual([]);
});

test("erased records have no content, and keep their offsets", async () => {
  await using world = await World.open();
  await world.mutate(["a", 1], ["b", 2], ["a#metadata", 3]);

  expect(await world.log.erase("mutations", anId("a"))).toBe(2);

  const values = (await world.log.read("mutations", 0, all)).map(({ value }) => value === null);
  expect(values).toEqual([true, false, true]);
});

test("no partition starves another", async () => {
  await using world = await World.open(3);
  const records = Array.from({ length: 300 }, (_, at) => ({
    key: "k",
    value: "",
    partition: at % 3,
  }));
  await world.log.append("hints", records);
  await using consumer = await world.log.consumer("hints", "group");

  const first = await consumer.poll({ ...poll, recordsMax: 10 });
  const second = await consumer.poll({ ...poll, recordsMax: 10 });

  expect(first[0]?.partition).not.toBe(second[0]?.partition);
});

test("an append to a partition that is not there changes nothing", async () => {
  await using world = await World.open();

  const appended = world.log.append("hints", [
    { key: "a", value: "" },
    { key: "b", value: "", partition: 1 },
  ]);

  await expect(appended).rejects.toThrow("no partition 1");
  expect(await world.kept("hints")).toEqual([]);
});
