/** Promise 5, where embedders are opened: a generation is kept by what makes its very vectors. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Recipe } from "@tidemark/domain";
import type { Config, Logger } from "@tidemark/runtime";
import { aRecipe } from "@tidemark/testing";
import { Embedders } from "../../libs/assembly/src/embedders.ts";

const configured = {
  kind: "openai",
  baseUrl: "http://127.0.0.1:9/v1",
  model: "a-model",
  dimensions: 8,
  prefixes: {},
};

test("a generation is refused by an embedder that puts another prefix before its queries", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-promise-"));
  const config = { embedders: { default: configured } } as unknown as Config;
  await using embedders = new Embedders(config, {} as Logger, directory);
  const { embedder } = await embedders.byName("default");
  const described = { name: "default", kind: "openai", model: "a-model" };
  const recipe: Recipe = { ...aRecipe, embedder: described, space: embedder.space };
  const before = { ...recipe, space: { ...recipe.space, queryPrefix: "query: " } };

  const same = await embedders.forRecipe(recipe);
  const refused = await embedders.forRecipe(before).then(
    () => "opened",
    (error: unknown) => (error as Error).message,
  );
  await rm(directory, { recursive: true });

  expect(same).toBe(embedder);
  expect(refused).toContain("queryPrefix");
});
