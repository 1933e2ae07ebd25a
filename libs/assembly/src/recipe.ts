/** What the config asks for, as the recipe of a generation. */
import { CHUNKER_VERSION, fingerprintOf, NORMALIZER_VERSION, type Recipe } from "@tidemark/domain";
import { EXTRACTION_VERSION } from "@tidemark/extract";
import type { Embedder } from "@tidemark/pipeline";
import type { Config } from "@tidemark/runtime";

export interface WantedRecipe {
  readonly recipe: Recipe;
  readonly fingerprint: string;
}

/** The embedder's own account of its space goes in, not what the config calls it. */
export function recipeOf(config: Config, embedder: Embedder): WantedRecipe {
  const { chunker, embedder: name, normalize } = config.vectors;
  const described = config.embedders[name];
  const recipe: Recipe = {
    embedder: { name, kind: described?.kind ?? "onnx", model: embedder.space.model },
    space: embedder.space,
    chunker: { ...chunker, version: CHUNKER_VERSION },
    normalizer: { form: normalize, version: NORMALIZER_VERSION },
    extraction: { version: EXTRACTION_VERSION },
  };
  return { recipe, fingerprint: fingerprintOf(recipe) };
}
