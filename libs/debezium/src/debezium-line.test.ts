import { documentId, sourceName } from "@tidemark/domain";
import { Catalogue, readDeadLetters } from "@tidemark/pipeline";
import { eventually, MemoryEventLog, MemoryVectorIndex } from "@tidemark/testing";
import { placeholderDefault } from "./decode-value.ts";
import { clock, source, textOf, topic, Town } from "./line-under-test.ts";

const openTown = () =>
  Town.open({ log: new MemoryEventLog({ clock }), index: new MemoryVectorIndex() });

test("a change is a mutation at its LSN, and a delete one at its own", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "A", body: "a" }, lsn: 100, commit: 90 });
  town.write({ op: "u", id: 1, row: { title: "A2", body: "a" }, lsn: 200, commit: 110 });
  town.write({ op: "c", id: 2, row: { title: "B", body: "b" }, lsn: 210, commit: 210 });
  town.write({ op: "d", id: 2, lsn: 300, commit: 220 });
  await town.start();

  const newest = await eventually(async () => {
    const found = await town.newest();
    expect(found.get("shop.docs/2")).toMatchObject({ kind: "delete", revision: { position: 300 } });
    return found;
  });

  expect(newest.get("shop.docs/1")).toMatchObject({
    kind: "upsert",
    revision: { epoch: town.line.epoch, position: 200 },
    reason: "change",
  });
  expect(textOf(newest.get("shop.docs/1"))).toBe("A2\na");
});

test("what was read is not read again after a restart, and what follows is", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "A", body: "a" }, lsn: 100 });
  const stop = await town.start();
  await eventually(async () => expect((await town.mutations()).length).toBe(1));
  await stop();
  town.write({ op: "c", id: 2, row: { title: "B", body: "b" }, lsn: 200 });
  await town.start();

  await eventually(async () => expect((await town.newest()).size).toBe(2));

  expect((await town.mutations()).map(({ revision }) => revision.position)).toEqual([100, 200]);
});

test("a text that was left out is taken from the document as it was before", async () => {
  await using town = await openTown();
  const body = "long ago";
  town.write({ op: "c", id: 1, row: { title: "A", body, note: "n" }, lsn: 100 });
  town.write({
    op: "u",
    id: 1,
    row: { title: "A much longer title", body: placeholderDefault, note: placeholderDefault },
    lsn: 200,
  });
  await town.start();

  await eventually(async () => {
    const found = (await town.newest()).get("shop.docs/1");
    expect(found).toMatchObject({
      revision: { position: 200 },
      problem: null,
      metadata: { note: "n" },
    });
    expect(textOf(found)).toBe(`A much longer title\n${body}`);
  });
});

test("a row whose key changed takes its text along, whichever record comes first", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "A", body: "kept" }, lsn: 100 });
  const moved = { title: "A", body: placeholderDefault };
  const headers = { "__debezium.oldkey": '{"id":1}' };
  town.write({ op: "d", id: 1, lsn: 200 });
  town.write({ op: "c", id: 5, row: moved, lsn: 200, headers });
  town.write({ op: "c", id: 3, row: { title: "C", body: "also" }, lsn: 300 });
  town.write({
    op: "c",
    id: 7,
    row: { title: "C", body: placeholderDefault },
    lsn: 400,
    headers: { "__debezium.oldkey": '{"id":3}' },
  });
  town.write({ op: "d", id: 3, lsn: 400 });
  await town.start();

  await eventually(async () => {
    const newest = await town.newest();
    expect(textOf(newest.get("shop.docs/5"))).toBe("A\nkept");
    expect(textOf(newest.get("shop.docs/7"))).toBe("C\nalso");
    expect(newest.get("shop.docs/1")?.kind).toBe("delete");
    expect(newest.get("shop.docs/3")?.kind).toBe("delete");
  });
});

test("a text that nobody knows hides the document, and says how to have it", async () => {
  await using town = await openTown();
  town.write({ op: "u", id: 1, row: { title: "A", body: placeholderDefault }, lsn: 100 });
  await town.start();

  await eventually(async () => {
    const found = (await town.newest()).get("shop.docs/1");
    expect(found).toMatchObject({
      kind: "upsert",
      body: null,
      permissions: { kind: "unknown" },
      problem: { message: expect.stringContaining("replica identity full") as string },
    });
  });
});

test("a row that stops matching where is a delete, and one that matches again a document", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "A", body: "a" }, lsn: 100 });
  town.write({ op: "u", id: 1, row: { title: "A", body: "a", spam: true }, lsn: 200 });
  town.write({ op: "c", id: 2, row: { title: "B", body: "b", spam: true }, lsn: 300 });
  town.write({ op: "u", id: 2, row: { title: "B", body: "b" }, lsn: 400 });
  await town.start();

  await eventually(async () => {
    const newest = await town.newest();
    expect(newest.get("shop.docs/1")).toMatchObject({
      kind: "delete",
      revision: { position: 200 },
    });
    expect(textOf(newest.get("shop.docs/2"))).toBe("B\nb");
  });
});

test("a table of hints asks another source for its documents", async () => {
  await using town = await openTown();
  const catalogue = await Catalogue.load(town.log, clock);
  const { epoch } = await catalogue.ensureEpoch(sourceName("files"), "f", 0);
  const queue = { table: "queue", lsn: 100 };
  town.write({ op: "c", id: 1, ...queue, row: { path: "a.md", action: "upsert" } });
  town.write({ op: "c", id: 1, ...queue, row: { path: "b.md", action: "delete" } });
  town.write({ op: "c", id: 1, ...queue, row: { path: "c.md", action: "touched" } });
  town.write({ op: "d", id: 1, ...queue });
  town.write({ op: "c", id: 1, ...queue, row: { path: null, action: "upsert" } });
  town.write({ op: "c", id: 1, ...queue, row: { path: "", action: "upsert" } });
  town.write({ op: "c", id: 1, ...queue, row: { action: "upsert" } });
  await town.start();

  await eventually(async () => {
    const hints = [
      { documentId: "files/a.md", expects: "present", epoch },
      { documentId: "files/b.md", expects: "absent", epoch },
      { documentId: "files/c.md", expects: "unknown", epoch },
    ];
    expect(await town.hints()).toEqual(
      hints.map((hint) => expect.objectContaining(hint) as unknown),
    );
    expect((await readDeadLetters(town.log)).size).toBe(3);
  });
  const letters = [...(await readDeadLetters(town.log)).values()];
  const messages = letters.map(({ message }) => message);
  expect(messages.toSorted()).toEqual([
    expect.stringMatching(/^shop\.queue\.path: document key: .+; write the key as the folder/u),
    "shop.queue.path: the row has no such column; name the column with the document's key in hints",
    "shop.queue.path: the row names no key; write the key as the folder or the bucket has it",
  ]);
});

test("what cannot be read is set aside with its place, and the rest goes on", async () => {
  await using town = await openTown();
  town.topics.write({ topic, key: { id: 1 }, value: { id: 1, title: "flat" }, timestampMs: 1 });
  town.write({ op: "c", id: 2, row: { title: "B", body: "b" }, lsn: 100 });
  await town.start();

  await eventually(async () => expect((await town.newest()).size).toBe(1));

  const [letter] = (await readDeadLetters(town.log)).values();
  expect(letter).toMatchObject({
    documentId: `crm/${topic}/0/0`,
    topic,
    message: expect.stringContaining("unwrap the envelope") as string,
  });
});

test("a document is stated again from what the log holds of it", async () => {
  await using town = await openTown();
  town.write({ op: "c", id: 1, row: { title: "A", body: "b" }, lsn: 100 });
  await town.start();
  await eventually(async () => expect((await town.newest()).size).toBe(1));

  await town.line.hint(
    [documentId(source, "shop.docs/1"), documentId(source, "shop.docs/2")],
    "repair",
  );

  const mutations = await town.mutations();
  expect(mutations.map(({ revision }) => revision.position)).toEqual([100, 100]);
  expect(mutations.at(-1)).toMatchObject({ reason: "repair" });
  expect([...town.line.blocked.keys()]).toEqual(["shop.docs/2"]);
});
