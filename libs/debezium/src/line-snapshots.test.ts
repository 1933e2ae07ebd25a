/** What begins an order anew, and what only an absence tells of. */
import { keyOf } from "@tidemark/domain";
import { eventually, MemoryEventLog, MemoryVectorIndex } from "@tidemark/testing";
import { clock, textOf, topic, Town } from "./line-under-test.ts";

const openTown = () =>
  Town.open({ log: new MemoryEventLog({ clock }), index: new MemoryVectorIndex() });

test("a full snapshot is a new epoch, at 0; what it lacks is deleted, and held when it is much", async () => {
  await using town = await openTown();
  for (let id = 1; id <= 9; id += 1) {
    town.write({ op: "c", id, row: { title: `T${id}`, body: "b" }, lsn: 100 + id });
  }
  await town.start();
  await eventually(async () => expect((await town.newest()).size).toBe(9));
  const before = town.line.epoch;

  // In a partition that is read later lies what came before the snapshot.
  for (let id = 1; id <= 7; id += 1) {
    const snapshot = id === 1 ? "first" : id === 7 ? "last" : "true";
    town.write({ op: "r", id, row: { title: `S${id}`, body: "b" }, lsn: 500, snapshot, txId: 77 });
  }
  await eventually(async () => expect((await town.seen(9))?.deleted).toBe(true));

  const newest = await town.newest();
  expect(town.line.epoch).toBeGreaterThan(before);
  expect(newest.get("shop.docs/1")).toMatchObject({
    revision: { epoch: town.line.epoch, position: 0 },
    reason: "snapshot",
  });
  expect((await town.seen(8))?.deleted).toBe(true);
  expect(town.line.held.count).toBe(0);

  town.write({
    op: "r",
    id: 1,
    row: { title: "S", body: "b" },
    lsn: 600,
    snapshot: "last",
    txId: 78,
  });
  await eventually(() => expect(town.line.held.count).toBe(6));
  expect((await town.seen(2))?.deleted).toBe(false);

  await town.line.reconcile({ confirm: 6 });
  await eventually(async () => expect((await town.seen(2))?.deleted).toBe(true));
  expect(town.line.held.count).toBe(0);
  expect((await town.seen(1))?.deleted).toBe(false);
});

test("a change after a snapshot stands above its rows, and one before below", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "old", body: "b" }, lsn: 900, atMs: 1_000 });
  town.write({
    op: "r",
    id: 2,
    row: { title: "S2", body: "b" },
    lsn: 500,
    snapshot: "first",
    atMs: 2_000,
  });
  town.write({
    op: "r",
    id: 1,
    row: { title: "S1", body: "b" },
    lsn: 500,
    snapshot: "last",
    atMs: 2_001,
  });
  // It began before the snapshot and was committed after: its LSN is lower.
  town.write({ op: "u", id: 2, row: { title: "in flight", body: "b" }, lsn: 190, atMs: 3_000 });
  await town.start();

  await eventually(async () => {
    const newest = await town.newest();
    const { epoch } = town.line;
    expect(newest.get("shop.docs/1")).toMatchObject({ revision: { epoch, position: 0 } });
    expect(newest.get("shop.docs/2")).toMatchObject({ revision: { epoch, position: 190 } });
  });
});

test("a row that is read beside the changes stands above what is known, and below what comes", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "missed since", body: "b" }, lsn: 100 });
  town.write({ op: "c", id: 2, row: { title: "same", body: "b" }, lsn: 900 });
  const read = { op: "r", snapshot: "incremental" } as const;
  town.write({ ...read, id: 1, row: { title: "as it is", body: "b" } });
  town.write({ ...read, id: 2, row: { title: "same", body: "b" } });
  town.write({ ...read, id: 3, row: { title: "new", body: "b" } });
  // Its transaction began before the read and was committed after.
  town.write({ op: "u", id: 1, row: { title: "in flight", body: "b" }, lsn: 190 });
  await town.start();

  await eventually(async () => {
    const positions = (await town.mutations()).map(
      ({ documentId: id, revision }) => `${keyOf(id)} ${revision.position}`,
    );
    expect(positions.toSorted()).toEqual([
      "shop.docs/1 100",
      "shop.docs/1 101",
      "shop.docs/1 190",
      "shop.docs/2 900",
      "shop.docs/3 0",
    ]);
  });
});

test("a truncate deletes what was there before it, and nothing that came after", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "A", body: "b" }, lsn: 100, atMs: 1_000 });
  town.write({ op: "t", lsn: 200, partition: 2, atMs: 2_000 });
  town.write({ op: "c", id: 2, row: { title: "B", body: "b" }, lsn: 300, atMs: 3_000 });
  // A partition that is written to late still tells of a row that was removed.
  town.write({ op: "c", id: 3, row: { title: "C", body: "b" }, lsn: 150, atMs: 3_001 });
  await town.start();

  await eventually(async () => expect((await town.seen(1))?.deleted).toBe(true));

  expect((await town.seen(1))?.revision.position).toBe(200);
  expect((await town.seen(2))?.deleted).toBe(false);
  expect(await town.seen(3)).toBeUndefined();
});

test("a truncate of many waits for a person", async () => {
  await using town = await openTown();
  for (let id = 1; id <= 5; id += 1) {
    town.write({ op: "c", id, row: { title: "A", body: "b" }, lsn: 100 + id });
  }
  town.write({ op: "t", lsn: 200 });
  await town.start();

  await eventually(() => expect(town.line.held.count).toBe(5));

  expect((await town.seen(1))?.deleted).toBe(false);
});

test("what was committed later and stands before what was seen is of another database", async () => {
  await using town = await openTown();
  town.write({
    op: "c",
    id: 1,
    row: { title: "A", body: "b" },
    lsn: 5_000,
    commit: 4_900,
    atMs: 1_000,
  });
  const stop = await town.start();
  await eventually(async () => expect((await town.newest()).size).toBe(1));
  const before = town.line.epoch;
  await stop();

  // A connector that was restarted sends again what it had sent.
  town.write({
    op: "c",
    id: 2,
    row: { title: "again", body: "b" },
    lsn: 900,
    commit: 800,
    atMs: 999,
  });
  await town.start();
  await eventually(async () => expect((await town.newest()).size).toBe(2));
  expect(town.line.epoch).toBe(before);
  expect(town.line.trouble).toBeNull();

  town.write({
    op: "u",
    id: 1,
    row: { title: "restored", body: "b" },
    lsn: 700,
    commit: 600,
    atMs: 2_000,
  });
  await eventually(() => expect(town.line.epoch).toBeGreaterThan(before));

  await eventually(async () => {
    const { epoch } = town.line;
    const found = (await town.newest()).get("shop.docs/1");
    expect(found).toMatchObject({ revision: { epoch, position: 700 } });
  });
  expect(town.line.trouble).toContain("ask Debezium for a snapshot");
});

test("records that were removed unread are said, and a snapshot is asked for", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 3, row: { title: "A", body: "b" }, lsn: 100 });
  const stop = await town.start();
  await eventually(async () => expect((await town.newest()).size).toBe(1));
  await stop();
  town.write({ op: "u", id: 3, row: { title: "B", body: "b" }, lsn: 200 });
  town.write({ op: "u", id: 3, row: { title: "C", body: "b" }, lsn: 300 });
  town.topics.forget(topic, 0, 2);
  await town.start();

  await eventually(async () =>
    expect(textOf((await town.newest()).get("shop.docs/3"))).toBe("C\nb"),
  );
  expect(town.line.trouble).toContain("lost records before they were read");
});
