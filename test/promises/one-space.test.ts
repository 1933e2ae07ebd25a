/** Promise 5: a query is embedded by what made the points it is compared with, or it is refused. */
import { fingerprintOf, type Recipe } from "@tidemark/domain";
import { readDeadLetters } from "@tidemark/pipeline";
import { anId, aRecipe } from "@tidemark/testing";
import { SmallWorld } from "./world/small-world.ts";

const text = "sixteen lanterns mark the northern channel";
const other = "the southern channel has no lanterns";

/** The recipe with one of a part's fields changed, for every field. */
function changedIn(part: "space" | "chunker" | "normalizer" | "extraction"): string[] {
  const changed = Object.entries(aRecipe[part]).map(([field, value]): Recipe => {
    const instead = typeof value === "number" ? value + 1 : `${value} and more`;
    return { ...aRecipe, [part]: { ...aRecipe[part], [field]: instead } };
  });
  const isName = (recipe: Recipe) => recipe.space.model !== aRecipe.space.model;
  return changed.filter((recipe) => !isName(recipe)).map(fingerprintOf);
}

test("whatever of the embedder decides a vector makes another generation", () => {
  const fingerprints = changedIn("space");

  expect(new Set([fingerprintOf(aRecipe), ...fingerprints]).size).toBe(fingerprints.length + 1);
});

test("whatever of the chunker decides a text makes another generation", () => {
  const fingerprints = changedIn("chunker");

  expect(new Set([fingerprintOf(aRecipe), ...fingerprints]).size).toBe(fingerprints.length + 1);
});

test("another normalizer or extraction makes another generation", () => {
  const fingerprints = [...changedIn("normalizer"), ...changedIn("extraction")];

  expect(new Set([fingerprintOf(aRecipe), ...fingerprints]).size).toBe(fingerprints.length + 1);
});

test("a vector of another width is refused by name, and nothing of it is stored", async () => {
  const world = await SmallWorld.overPrimitives();
  world.embedWith = async ({ texts }) => ({
    vectors: texts.map(() => new Float32Array(16).fill(0.25)),
    tokens: texts.length,
    cost: 0,
  });
  await world.appendParts("lanterns.md", { revision: 1, text });

  await world.run("upserter");

  const letters = [...(await readDeadLetters(world.eventLog())).values()];
  expect(letters.map(({ reason }) => reason)).toEqual(["bad-vector"]);
});

test("a vector that is not made of numbers is refused, and nothing of it is stored", async () => {
  const world = await SmallWorld.overPrimitives({ badVectorWord: "lanterns" });
  await world.appendParts("lanterns.md", { revision: 1, text });

  await world.run("upserter");

  expect(await world.index().pointsOf(world.generation.id, anId("lanterns.md"))).toEqual([]);
});

test("equal text of another tenant is embedded for itself", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("here.md", { text, tenant: "acme" });
  await world.settle();

  await world.push("there.md", { text, tenant: "globex" });
  await world.settle();

  expect(world.embedder().embedded.document.texts).toBe(2);
});

test("a vector that is live in one generation is not taken over into another of equal width", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("lanterns.md", { text });
  await world.settle();

  const second = await world.addGeneration("g2", { model: "another model" });
  await world.settle(["restrictor", "chunker", "upserter"], { generation: second });

  const [hit] = await world.search(text, { generation: second });
  expect(hit?.score).toBeCloseTo(1);
});

test("a vector that was swept in one generation is not taken over into another of equal width", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("lanterns.md", { text });
  await world.settle();
  await world.push("lanterns.md", { text: other });
  await world.settle();
  await world.push("again.md", { text });

  const second = await world.addGeneration("g2", { model: "another model" });
  await world.settle(["restrictor", "chunker", "upserter"], { generation: second });

  const [hit] = await world.search(text, { generation: second });
  expect(hit?.score).toBeCloseTo(1);
});
