/** Promise 1: a change that the source committed is searchable in the end. */
import { compareRevisions } from "@tidemark/domain";
import { Catalogue, SourceLine } from "@tidemark/pipeline";
import { aDraft, aGeneration, aManifest, anId, only } from "@tidemark/testing";
import { StepGate, untilSettled } from "./world/step-gate.ts";
import { SmallWorld } from "./world/small-world.ts";

const before = "the ferry leaves at nine sharp";
const after = "the ferry leaves at eleven instead";
const other = "bring rubber boots and a torch";
const silent = () => {};

test("a document whose process ends while its chunks are embedded is embedded by the next process", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("ferry.md", { text: before });
  await world.settle(["resolver", "restrictor", "chunker"]);

  const dying = await world.startUntil("upserter", "embed", { alone: true });
  await world.clock.advance(2_000);
  dying.crash();
  await world.run("upserter");

  expect(await world.texts(before)).toContain(before);
});

test("a change that waits in its window is not passed over by another document that is done", async () => {
  const world = await SmallWorld.overPrimitives();
  world.window = { waitMs: 60_000, documentsMax: 10 };
  await world.change("ferry.md", { text: before });
  await world.settle(["resolver"]);
  const gate = new StepGate();
  world.start("chunker", { gate });
  await world.clock.advance(1_000);

  await world.change("ferry.md", { text: after });
  await world.settle(["resolver"]);
  await world.change("boots.md", { text: other });
  await world.settle(["resolver"]);
  await world.clock.advance(1_000);
  gate.crash();
  await world.settle(["chunker", "upserter"]);

  expect(await world.texts(after)).toContain(after);
});

test("progress that is stored with a document does not speak for one that is still embedded", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("ferry.md", { revision: 1, text: before });
  await world.startUntil("upserter", "embed", { alone: true });
  await world.appendParts("ferry.md", { revision: 2, text: after });

  await world.appendParts("boots.md", { revision: 1, text: other });
  await untilSettled();

  expect(await world.texts(other)).toContain(other);
  const progress = await world.index().progress("chunks.g1", "upserter.g1");
  expect(progress.get(0) ?? 0).toBeLessThan(2);
});

test("what a slow resolver read before a change does not pass for newer than the change", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("ferry.md", { text: before });
  const slow = await world.startUntil("resolver", "read done");

  await world.change("ferry.md", { text: after });
  await world.run("resolver");
  await slow.releaseUntil("read");
  slow.crash();

  const states = world.mutations();
  expect(states).toHaveLength(2);
  const [newest] = states.sort((a, b) => compareRevisions(b.revision, a.revision));
  expect(newest).toMatchObject({ body: { content: { text: after } } });
});

test("a file that no event told of is found by the scan", async () => {
  const world = await SmallWorld.overPrimitives();
  world.files.set("ferry.md", { text: before });

  await world.scan();
  await world.settle();

  expect(await world.texts(before)).toEqual([before]);
});

test("a change whose event was lost is found by the scan", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("ferry.md", { text: before });
  await world.settle();
  world.files.set("ferry.md", { text: after });

  await world.scan();
  await world.settle();

  expect(await world.texts(after)).toEqual([after]);
});

test("a deletion whose event was lost is found by the scan", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("ferry.md", { text: before });
  await world.settle();
  world.files.set("ferry.md", null);

  await world.scan();
  await world.settle();

  expect(await world.texts(before)).toEqual([]);
});

test("a record that a zombie appended after a newer one is stated again, so that the compacted log holds the newest", async () => {
  const world = await SmallWorld.overPrimitives();
  const files = { source: world.filesName, documentId: anId("ferry.md") };
  await world.change("ferry.md", { text: before });
  await world.change("ferry.md", { text: after });
  world.log.offsets("hints", "resolver").set(0, 2);
  await world.append(aDraft({ ...files, revision: 2, text: after }));
  await world.append(aDraft({ ...files, revision: 1, text: before }));

  await world.run("restrictor");
  await world.settle(["resolver", "restrictor"]);
  world.log.compact("mutations");
  const second = await world.addGeneration("g2");
  await world.settle(["restrictor", "chunker", "upserter"], { generation: second });

  expect(await world.texts(after, { generation: second })).toEqual([after]);
});

test("two states read under one hint: the one that came second is asked for again", async () => {
  const world = await SmallWorld.overPrimitives();
  const files = { source: world.filesName, documentId: anId("ferry.md") };
  world.files.set("ferry.md", { text: after });
  await world.hint("ferry.md");
  world.log.offsets("hints", "resolver").set(0, 1);
  await world.append(aDraft({ ...files, revision: 1, text: before }));
  await world.settle();

  await world.append(aDraft({ ...files, revision: 1, text: after }));
  await world.run("restrictor");
  await world.settle();

  expect(await world.texts(after)).toEqual([after]);
});

test("an index that was wiped is filled again from where it stands", async () => {
  const world = await SmallWorld.overPrimitives();
  const empty = world.store.snapshot();
  await world.change("ferry.md", { text: before });
  await world.settle();

  world.store.restore(empty);
  for (const stage of ["restrictor", "chunker", "upserter"] as const) await world.run(stage);

  expect(await world.texts(before)).toEqual([before]);
});

test("after the log was made anew a change is not taken for older than what its predecessor told", async () => {
  const world = await SmallWorld.overPrimitives();
  world.files.set("ferry.md", { text: before });
  await listenTo(world);
  await world.settle();

  for (const topic of ["hints", "mutations"]) world.log.recreate(topic);
  for (const group of ["resolver"]) world.log.offsets("hints", group).clear();
  for (const group of ["restrictor.g1", "chunker.g1"])
    world.log.offsets("mutations", group).clear();
  world.files.set("ferry.md", { text: after });
  await listenTo(world);
  await world.settle();

  expect(await world.texts(after)).toEqual([after]);
});

test("a snapshot under a new epoch states what has not changed as well, so that the new log is whole", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("ferry.md", { text: before });
  await world.settle();
  for (const topic of ["hints", "mutations"]) world.log.recreate(topic);
  world.log.offsets("hints", "resolver").clear();

  await world.scan({ epoch: 2, snapshot: true });
  await world.settle(["resolver"]);
  const second = await world.addGeneration("g2");
  await world.settle(["restrictor", "chunker", "upserter"], { generation: second });

  expect(await world.texts(before, { generation: second })).toEqual([before]);
});

test("an outage longer than any number of attempts loses nothing", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("ferry.md", { text: before });
  await world.settle(["resolver", "restrictor", "chunker"]);

  world.embedder().failNext(30);
  const running = world.start("upserter");
  await world.clock.advance(20 * 60_000);
  await running.stop();

  expect(await world.texts(before)).toEqual([before]);
});

test("content that is no longer what was pinned is asked for again, though the event of its change was lost", async () => {
  const world = await SmallWorld.overPrimitives();
  world.files.byReference = true;
  await world.change("ferry.md", { text: before });
  await world.settle(["resolver", "restrictor"]);
  world.files.set("ferry.md", { text: after });

  await world.run("chunker");
  await world.settle();

  expect(await world.texts(after)).toEqual([after]);
});

test("new content that lost the race for its manifest is decided again and made live", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("ferry.md", { text: before });
  await world.settle();
  await world.push("ferry.md", { text: after });
  await world.settle(["restrictor", "chunker"]);

  const slow = await world.startUntil("upserter", "commit");
  await world.patch("ferry.md", { metadata: { pier: 4 } });
  await world.run("restrictor");
  slow.release();
  await world.clock.advance(1_000);

  expect(await world.texts(after)).toEqual([after]);
});

test("an index that does not say who won is asked: what lost is not taken for live", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("ferry.md", { revision: 1, text: before });
  await world.run("upserter");
  const { token } = await world.manifest(anId("ferry.md"));
  const manifest = aManifest({ documentId: anId("ferry.md"), revision: 2 });
  const gate = new StepGate();
  gate.holdAt("updateManifest");
  const commit = { manifest, tokenRead: token, put: [], sweep: null };
  const outcomes = world.index(gate.pass).commit(aGeneration, [commit], []);
  await gate.reached();

  await world.appendParts("ferry.md", { revision: 3, text: after });
  await world.run("upserter");
  gate.release();

  expect(await outcomes).toEqual(["lost"]);
});

test("a widened permission reaches the points though the process ended between manifest and copies", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("ferry.md", { text: before, permissions: only("ann") });
  await world.settle();
  await world.push("ferry.md", { text: before, permissions: only("ann", "bob") });

  const dying = await world.startUntil("restrictor", "setCopies");
  dying.crash();
  await world.settle();

  expect(await world.texts(before, { principals: ["bob"] })).toEqual([before]);
});

/** Opens the source as a process does: its epoch first, then one scan; and hears of the document. */
async function listenTo(world: SmallWorld): Promise<void> {
  const { clock, filesName: source } = world;
  const log = world.eventLog();
  const stop = new AbortController();
  const line = new SourceLine({
    source,
    from: world.files.opened(),
    watch: null,
    log,
    index: world.index(),
    catalogue: await Catalogue.load(log, clock),
    clock,
    chance: () => 0.5,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    limits: { above: 10, share: 0.1 },
    scanMs: 60_000,
    generation: () => world.generation.id,
    digestedTo: () => null,
    scanned: silent,
  });
  const running = line.run(stop.signal);
  await clock.advance(100);
  await line.hint([anId("ferry.md")], "change");
  stop.abort();
  await running;
}
