/** In place of the model, where what is measured is everything else. */
import type { Embedder } from "@tidemark/pipeline";
import { vectorOfText } from "./clustered-vectors.ts";

/** A query that begins so is not embedded by the model. */
export const syntheticQuery = "synthetic ";

export function fixedEmbedder(model: Embedder): Embedder {
  return {
    space: model.space,
    countTokens: (text) => model.countTokens(text),
    embed: async (request) => {
      const isReal = request.purpose === "query" && !request.texts[0]?.startsWith(syntheticQuery);
      if (isReal) return model.embed(request);
      return { vectors: request.texts.map(vectorOfText), tokens: 0, cost: 0 };
    },
  };
}
