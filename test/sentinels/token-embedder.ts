/**
 * A small model that sees what larger ones see: capitals, marks, white space and order, each token by
 * itself, and no more tokens than it has room for.
 */
import { seededChance, wordHash } from "@tidemark/testing";
import type { Embedder } from "@tidemark/pipeline";

const dimension = 96;
const tokensMax = 128;

export function tokenEmbedder(): Embedder {
  return {
    space: {
      model: "tokens",
      weightsDigest: "weights",
      tokenizerDigest: "tokens",
      dimension,
      tokensMax,
      pooling: "sum",
      metric: "cosine",
      documentPrefix: "",
      queryPrefix: "",
    },
    countTokens: (text) => tokensOf(text).length,
    async embed({ texts, signal }) {
      signal?.throwIfAborted();
      const tokens = texts.map(tokensOf);
      return {
        vectors: tokens.map(vectorOf),
        tokens: tokens.reduce((sum, list) => sum + list.length, 0),
        cost: 0,
      };
    },
  };
}

function tokensOf(text: string): readonly string[] {
  const pieces = text.match(/[\p{L}\p{M}]+|\p{N}|[^\p{L}\p{M}\p{N}\s]|\s{2,}|[^\S ]|^ | $/gu) ?? [];
  return pieces.slice(0, tokensMax);
}

const known = new Map<string, Float32Array>();

function meaningOf(token: string): Float32Array {
  const chance = seededChance(wordHash(token));
  const meaning =
    known.get(token) ?? Float32Array.from({ length: dimension }, () => chance() - 0.5);
  known.set(token, meaning);
  return meaning;
}

function vectorOf(tokens: readonly string[]): Float32Array {
  const vector = new Float32Array(dimension);
  for (const [place, token] of tokens.entries()) {
    const meaning = meaningOf(token);
    const weight = 1 + 0.3 * Math.cos(place);
    for (let at = 0; at < dimension; at += 1) {
      vector[at] = (vector[at] ?? 0) + weight * (meaning[at] ?? 0);
    }
  }
  const length = Math.hypot(...vector);
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((value) => value / length);
}
