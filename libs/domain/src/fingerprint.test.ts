import { aRecipe } from "@tidemark/testing";
import { fingerprintOf } from "./fingerprint.ts";

const before = fingerprintOf(aRecipe);

test.each([
  ["weights", { space: { ...aRecipe.space, weightsDigest: "others" } }],
  ["tokenizer", { space: { ...aRecipe.space, tokenizerDigest: "another" } }],
  ["width", { space: { ...aRecipe.space, dimension: 7 } }],
  ["truncation", { space: { ...aRecipe.space, tokensMax: 7 } }],
  ["pooling", { space: { ...aRecipe.space, pooling: "first" } }],
  ["metric", { space: { ...aRecipe.space, metric: "dot" } }],
  ["document prefix", { space: { ...aRecipe.space, documentPrefix: "passage: " } }],
  ["query prefix", { space: { ...aRecipe.space, queryPrefix: "query: " } }],
  ["chunker", { chunker: { ...aRecipe.chunker, kind: "recursive" } }],
  ["chunker's version", { chunker: { ...aRecipe.chunker, version: "9" } }],
  ["chunk size", { chunker: { ...aRecipe.chunker, tokensMax: 7 } }],
  ["normalizer", { normalizer: { ...aRecipe.normalizer, form: "NFKC" } }],
  ["extraction", { extraction: { version: "9" } }],
] as const)("another %s is another fingerprint", (_, change) => {
  expect(fingerprintOf({ ...aRecipe, ...change })).not.toBe(before);
});

test("names are no part of the fingerprint", () => {
  const renamed = {
    ...aRecipe,
    embedder: { name: "another", kind: "openai", model: "alias" },
    space: { ...aRecipe.space, model: "alias" },
  };

  expect(fingerprintOf(renamed)).toBe(before);
});

test("the order of fields is no part of the fingerprint", () => {
  const { space } = aRecipe;
  const turned = Object.fromEntries(Object.entries(space).toReversed()) as typeof space;

  expect(fingerprintOf({ ...aRecipe, space: turned })).toBe(before);
});
