import type { Generation, GenerationId } from "@tidemark/domain";
import { PrimitiveIndex, TransientError } from "@tidemark/pipeline";
import { anId, aRecipe, somePoints } from "@tidemark/testing";
import { AliasedGenerationError, OtherCollectionError } from "./errors.ts";
import { openFake } from "./fixtures/open-fake.ts";
import { openQdrantPrimitives } from "./open-qdrant-index.ts";

const g1 = "g1" as GenerationId;
const g2 = "g2" as GenerationId;
const dimension = 32;

test("a collection of another width is refused", async () => {
  await using at = await openFake();
  await at.primitives.ensureGeneration(g1, dimension);

  await expect(at.primitives.ensureGeneration(g1, 16)).rejects.toThrow(OtherCollectionError);
});

test("two processes may make a generation at once", async () => {
  await using at = await openFake();

  await Promise.all([1, 2, 3].map(() => at.primitives.ensureGeneration(g1, dimension)));

  expect([...at.fake.collections.keys()].sort()).toEqual(["tidemark_g1", "tidemark_meta"]);
});

test("the alias moves from one generation to another, and what it points to is not dropped", async () => {
  await using at = await openFake();
  for (const generation of [g1, g2]) await at.primitives.ensureGeneration(generation, dimension);
  expect(await at.primitives.activeGeneration()).toBeNull();

  await at.primitives.activate(g1);
  await expect(at.primitives.dropGeneration(g1)).rejects.toThrow(AliasedGenerationError);
  await at.primitives.activate(g2);
  await at.primitives.dropGeneration(g1);

  expect(await at.primitives.activeGeneration()).toBe(g2);
  expect([...at.fake.collections.keys()].sort()).toEqual(["tidemark_g2", "tidemark_meta"]);
});

test("generations are noted in their collections, and another deployment's are not ours", async () => {
  await using at = await openFake();
  await using other = await openQdrantPrimitives({ url: at.fake.url, prefix: "tidemark_test_" });
  for (const id of [g1, g2]) await at.primitives.ensureGeneration(id, dimension);
  await other.ensureGeneration(g1, dimension);
  await other.noteGenerations([aGeneration(g1, "active")]);

  const ours = [aGeneration(g1, "retiring"), aGeneration(g2, "active")];
  await at.primitives.noteGenerations(ours);

  expect(await at.primitives.notedGenerations()).toEqual(ours);
  expect(await at.primitives.activeGeneration()).toBe(g2);
});

test("progress of a generation's groups goes with its collection, that of others stays", async () => {
  await using at = await openFake();
  await at.primitives.ensureGeneration(g1, dimension);
  const at7 = (group: string) => ({ topic: "t", group, partition: 0, offset: 7 });
  await at.primitives.raiseProgress(["upserter.g1", "resolver"].map(at7));

  at.fake.collections.delete("tidemark_g1");

  expect(await at.primitives.readProgress("t", "upserter.g1")).toEqual(new Map());
  expect(await at.primitives.readProgress("t", "resolver")).toEqual(new Map([[0, 7]]));
});

test("a collection that is gone is not made again by who reads its progress, and writes wait until it is", async () => {
  await using at = await openFake();
  const index = new PrimitiveIndex(at.primitives);
  await index.ensureGeneration(g1, dimension);
  at.fake.collections.delete("tidemark_g1");

  const put = () => index.putPoints(g1, somePoints(["ebb"], { dimension }));
  await expect(put()).rejects.toThrow(TransientError);
  expect(await index.progress("t", "upserter.g1")).toEqual(new Map());
  await expect(put()).rejects.toThrow(TransientError);
  await index.ensureGeneration(g1, dimension);
  await put();

  expect(await index.pointsOf(g1, anId())).toHaveLength(1);
});

test("a generation that was dropped is not made again for a group that still asks", async () => {
  await using at = await openFake();
  await at.primitives.ensureGeneration(g1, dimension);
  await at.primitives.dropGeneration(g1);

  await at.primitives.readProgress("t", "upserter.g1");

  expect(at.fake.collections.has("tidemark_g1")).toBe(false);
});

function aGeneration(id: GenerationId, state: Generation["state"]): Generation {
  return {
    id,
    state,
    fingerprint: `of ${id}`,
    recipe: aRecipe,
    createdAtMs: id === g1 ? 1 : 2,
    activatedAtMs: null,
    retiringSinceMs: null,
  };
}
