/** Promise 3: a search sees one revision of a document, complete, or the next one, complete. */
import { aGeneration, aManifest, anId, digestsOf, only, somePoints } from "@tidemark/testing";
import { SmallWorld } from "./world/small-world.ts";
import { StepGate } from "./world/step-gate.ts";

const first = "low water falls at noon sharp";
const second = "spring tides follow every full moon";
const third = "never anchor upon the coral reef";
const whole = [first, second].join("\n\n");
const id = anId("tides.md");

test("points that no manifest lists are not shown", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: first });
  await world.run("upserter");
  await world.appendParts("tides.md", { revision: 2, text: third });

  const dying = await world.startUntil("upserter", "updateManifest");
  dying.crash();

  expect(await world.texts(third, { per: "chunk" })).toEqual([first]);
});

test("a document whose new points were not yet written is shown as it was", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: first });
  await world.run("upserter");
  await world.appendParts("tides.md", { revision: 2, text: third });

  const dying = await world.startUntil("upserter", "putPoint");
  dying.crash();

  expect(await world.texts(first, { per: "chunk" })).toEqual([first]);
});

test("a document whose listed points are crowded out by unlisted ones is found all the same", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: first });
  await world.run("upserter");
  const crowd = ["coral reef", "the coral reef", "coral reef anchor", "upon coral reef"];
  await world.appendParts("tides.md", { revision: 2, text: crowd.join("\n\n") });
  const dying = await world.startUntil("upserter", "updateManifest");
  dying.crash();

  const hits = await world.search("coral reef", { limit: 1 });

  expect(hits.map(({ documentId }) => documentId)).toEqual([id]);
});

test("a slow sweep spares the points of a revision that is being committed", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: first });
  const slow = await world.startUntil("upserter", "insertManifest");
  await slow.releaseUntil("readManifests");
  await world.appendParts("tides.md", { revision: 2, text: second });
  // First it finishes what the slow one has not: that its points have their copies.
  const newer = await world.startUntil("upserter", "updateManifest", { after: 1 });

  await slow.releaseUntil("append");
  await newer.releaseUntil("append");

  expect(await world.texts(second, { per: "chunk" })).toEqual([second]);
});

test("a document in parts is not made live while points of an earlier part are missing", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: third });
  await world.run("upserter");
  const backup = world.store.snapshot();
  await world.appendParts("tides.md", { revision: 2, text: whole, perPart: 1 });
  const slow = await world.startUntil("upserter", "embed", { after: 1 });

  world.store.restore(backup);
  slow.release();
  await world.clock.advance(1_000);

  expect(await world.texts(second, { per: "chunk" })).toEqual([third]);
});

test("a write that lost leaves no points behind", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: first });
  await world.run("upserter");
  const { token, indexed } = await world.manifest(id);
  const put = somePoints([second], { documentId: id, revision: 2 });
  const late = aManifest({ documentId: id, revision: 2, indexed: { live: digestsOf(put) } });
  const gate = new StepGate();
  gate.holdAt("updateManifest");
  const slow = { manifest: late, tokenRead: token, put, sweep: null };
  const outcomes = world.index(gate.pass).commit(aGeneration, [slow], []);
  await gate.reached();

  // The content that is live is stated again under a newer revision: nothing is written or swept.
  const manifest = aManifest({
    documentId: id,
    revision: 3,
    indexed: { live: indexed?.live ?? [] },
  });
  const newer = { manifest, tokenRead: token, put: [], sweep: null };
  await world.index().commit(aGeneration, [newer], []);
  gate.release();
  await outcomes;

  expect(await world.orphans(id)).toEqual([]);
});

test("parts that were written ahead of a revision that was passed over are swept", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: whole, perPart: 1 });
  const slow = await world.startUntil("upserter", "putPoint");
  await world.appendParts("tides.md", { revision: 2, text: third });
  await world.run("upserter");

  slow.release();
  await world.clock.advance(1_000);

  expect(await world.orphans(id)).toEqual([]);
});

test("a point is not hidden by a policy that comes with a commit which is not made", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("tides.md", { revision: 1, text: first });
  await world.run("upserter");
  const narrower = { revision: 2, text: first, permissions: only("ann"), forced: true };
  await world.appendParts("tides.md", narrower);

  const dying = await world.startUntil("upserter", "updateManifest");
  dying.crash();

  expect(await world.texts(first)).toEqual([first]);
});
