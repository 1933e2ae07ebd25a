/** Model, chunking and preprocessing → one hash. URLs, replicas and threads are not in it. */
import type { Recipe } from "./generation.ts";
import { sha256Hex } from "./point.ts";

/** Different fingerprint, different generation. The embedder's name in the config does not count. */
export function fingerprintOf(recipe: Recipe): string {
  const { space, chunker, normalizer, extraction } = recipe;
  return sha256Hex(
    canonical({ space: { ...space, model: undefined }, chunker, normalizer, extraction }),
  ).slice(0, 32);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}
