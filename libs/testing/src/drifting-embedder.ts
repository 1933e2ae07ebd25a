/** An embedder that is not what it was, in one of the ways that sentinels tell apart. */
import type { Embedder, EmbedReply, EmbedRequest } from "@tidemark/pipeline";
import { wordHash } from "./memory-embedder.ts";
import { seededChance } from "./seeded-chance.ts";

export type Drift =
  /** Each vector is off by a part of its length, in a direction that its text decides. */
  | { readonly kind: "weights"; readonly noise: number }
  /** A share of all words stand for other words, as where entries of a vocabulary were swapped. */
  | { readonly kind: "vocabulary"; readonly share: number }
  /** Texts are cut after so many words. */
  | { readonly kind: "cut"; readonly words: number }
  | { readonly kind: "preprocessing"; readonly rewrite: (text: string) => string };

/** The same space: what fingerprints are made of does not show any of it. */
export function driftingEmbedder(embedder: Embedder, drift: Drift): Embedder {
  return {
    space: embedder.space,
    countTokens: (text) => embedder.countTokens(text),
    async embed(request: EmbedRequest): Promise<EmbedReply> {
      const texts = request.texts.map((text) => rewritten(text, drift));
      const reply = await embedder.embed({ ...request, texts });
      if (drift.kind !== "weights") return reply;
      const vectors = reply.vectors.map((vector, at) =>
        perturbed(vector, drift.noise, request.texts[at] ?? ""),
      );
      return { ...reply, vectors };
    },
  };
}

const otherWords = ["stone", "cloud", "paint", "horse", "glass", "clock", "bread", "light"];
const hashMax = 2 ** 32;

function rewritten(text: string, drift: Drift): string {
  switch (drift.kind) {
    case "weights":
      return text;
    case "vocabulary":
      return text.replaceAll(/\p{L}+/gu, (word) => {
        const hash = wordHash(`entry ${word.toLowerCase()}`);
        return hash / hashMax < drift.share ? (otherWords[hash % otherWords.length] ?? word) : word;
      });
    case "cut":
      return text.split(/(?<=\s)/u, drift.words).join("");
    case "preprocessing":
      return drift.rewrite(text);
  }
}

function perturbed(vector: Float32Array, noise: number, text: string): Float32Array {
  const chance = seededChance(wordHash(text));
  const direction = Array.from(vector, () => chance() + chance() + chance() - 1.5);
  const length = Math.hypot(...direction);
  const moved = vector.map((value, at) => value + (noise * (direction[at] ?? 0)) / length);
  const movedLength = Math.hypot(...moved);
  return moved.map((value) => value / movedLength);
}
