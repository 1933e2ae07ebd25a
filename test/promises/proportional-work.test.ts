/** Promise 6: only what changed is worked on, and only text that changed is embedded. */
import { anId } from "@tidemark/testing";
import { SmallWorld } from "./world/small-world.ts";

const first = "the mooring fee is paid weekly";
const second = "fenders hang on the port side";
const third = "diesel is sold beside the crane";
const edited = "diesel is sold behind the chandlery";
const id = anId("marina.md");

test("chunks that are live already are neither embedded nor written again", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.appendParts("marina.md", { revision: 1, text: [first, second, third].join("\n\n") });
  await world.run("upserter");

  await world.appendParts("marina.md", { revision: 2, text: [first, second, edited].join("\n\n") });
  await world.run("upserter");

  const points = await world.index().pointsOf(world.generation.id, id);
  const written = points.filter(({ revision }) => revision.position === 2);
  expect(written.map(({ text }) => text)).toEqual([edited]);
});

test("a renamed document embeds nothing", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("marina.md", { text: first });
  await world.settle();

  await world.push("harbour.md", { text: first });
  await world.settle();

  expect(world.embedder().embedded.document.texts).toBe(1);
});

test("a text that was taken out and comes back embeds nothing", async () => {
  const world = await SmallWorld.overSqlite();
  for (const text of [first, second, first]) {
    await world.push("marina.md", { text });
    await world.settle();
  }

  expect(world.embedder().embedded.document.texts).toBe(2);
});

test("fifty changes within the window are embedded in two runs, and the last one wins", async () => {
  const world = await SmallWorld.overPrimitives();
  world.window = { waitMs: 5_000, documentsMax: 10 };
  for (const stage of ["restrictor", "chunker", "upserter"] as const) world.start(stage);

  for (let write = 1; write <= 50; write += 1) {
    await world.push("marina.md", { text: `the mooring fee is ${write} crowns` });
    await world.clock.advance(80);
  }
  await world.clock.advance(6_000);

  expect(world.embedder().embedded.document.requests).toBe(2);
  expect(await world.texts("mooring fee")).toEqual(["the mooring fee is 50 crowns"]);
});

test("a scan of what has not changed asks for nothing", async () => {
  const world = await SmallWorld.overPrimitives();
  for (const key of ["a.md", "b.md", "c.md"]) await world.change(key, { text: `${first} ${key}` });
  await world.settle();
  const known = world.mutations().length;

  await world.scan();
  await world.run("resolver");

  expect(world.mutations()).toHaveLength(known);
});

test("a change of metadata alone is indexed without chunking or embedding", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("marina.md", { text: first });
  await world.settle();
  const chunked = world.partsChunked;

  await world.change("marina.md", { text: first, metadata: { pier: 4 } });
  await world.settle();

  expect(world.partsChunked).toBe(chunked);
});

test("an archived document is not chunked and embeds nothing", async () => {
  const world = await SmallWorld.overPrimitives();

  await world.push("marina.md", { text: first, archived: true });
  await world.settle();

  expect(world.partsChunked).toBe(0);
});

test("one chunk that can never be embedded is found by halving, and the other 63 land", async () => {
  const world = await SmallWorld.overPrimitives({ poisonWord: "arsenic" });
  const berths = Array.from({ length: 63 }, (_, at) => `berth number ${at} is let`);
  const text = [...berths.slice(0, 40), "a crate of arsenic", ...berths.slice(40)].join("\n\n");

  await world.appendParts("marina.md", { revision: 1, text });
  await world.run("upserter");

  expect((await world.manifest(id)).indexed?.live).toHaveLength(63);
});
