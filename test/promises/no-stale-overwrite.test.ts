/** Promise 2: a lower revision never replaces a higher one, and what was deleted stays deleted. */
import { aDraft, anId } from "@tidemark/testing";
import { SmallWorld } from "./world/small-world.ts";

const oldest = "the harbour office opens at eight";
const middle = "the harbour office opens at seven";
const newest = "the harbour office is closed today";
const id = anId("office.md");

test("in SQLite a writer that was paused before its commit does not overwrite its successor", async () => {
  const world = await SmallWorld.overSqlite();
  await world.appendParts("office.md", { revision: 1, text: oldest });
  await world.run("upserter");
  await world.appendParts("office.md", { revision: 20, text: middle });
  const paused = await world.startUntil("upserter", "commit");
  await world.appendParts("office.md", { revision: 37, text: newest });
  await world.run("upserter");

  await paused.releaseUntil("commit done");

  expect((await world.manifest(id)).indexed?.revision.position).toBe(37);
});

test("in an index of single writes a paused writer does not overwrite its successor", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("office.md", { revision: 1, text: oldest });
  await world.run("upserter");
  await world.appendParts("office.md", { revision: 20, text: middle });
  const paused = await world.startUntil("upserter", "embed");
  await world.appendParts("office.md", { revision: 37, text: newest });
  await world.run("upserter");

  await paused.releaseUntil("updateManifest");
  await paused.releaseUntil("readManifests");

  expect((await world.manifest(id)).indexed?.revision.position).toBe(37);
});

test("a writer that knew of no manifest does not replace the one that came to be meanwhile", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("office.md", { revision: 20, text: middle });
  const paused = await world.startUntil("upserter", "embed");
  await world.append(aDraft({ documentId: id, revision: 37, text: newest }));
  await world.run("restrictor");

  await paused.releaseUntil("insertManifest", "updateManifest");
  await paused.releaseUntil("readManifests");

  expect((await world.manifest(id)).seen.revision.position).toBe(37);
});

test("chunks of an older revision that come late change nothing", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("office.md", { revision: 37, text: newest });
  await world.run("upserter");

  await world.appendParts("office.md", { revision: 20, text: middle });
  await world.run("upserter");

  expect(await world.texts(middle)).toEqual([newest]);
});

test("of waiting records the newest revision is chunked, though a zombie appended an older one last", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.append(aDraft({ documentId: id, revision: 37, text: newest }));
  await world.append(aDraft({ documentId: id, revision: 20, text: middle }));

  await world.run("chunker");
  await world.run("upserter");

  expect(await world.texts(newest)).toEqual([newest]);
});

test("a late record of an older epoch is older, however high its position", async () => {
  const world = await SmallWorld.overPrimitives();
  const revision = { epoch: 2, position: 5 };
  await world.append(aDraft({ documentId: id, revision, text: newest }));
  await world.run("restrictor");

  const late = { epoch: 1, position: 900 };
  await world.append(aDraft({ documentId: id, revision: late, text: oldest }));
  await world.run("restrictor");

  expect((await world.manifest(id)).seen.revision).toEqual(revision);
});

test("chunks that were on their way when their document was deleted are not made live", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("office.md", { text: oldest });
  await world.settle(["restrictor", "chunker"]);
  await world.remove("office.md");
  await world.run("restrictor");

  await world.run("upserter");

  const { indexed } = await world.manifest(anId("office.md", "push"));
  expect(indexed?.live).toEqual([]);
});

test("of what was deleted no point is left", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("office.md", { text: oldest });
  await world.settle();

  await world.remove("office.md");
  await world.run("restrictor");

  const deleted = anId("office.md", "push");
  expect(await world.index().pointsOf(world.generation.id, deleted)).toEqual([]);
});
