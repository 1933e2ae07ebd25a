/** Ways in which an embedder or an index is not what it was, each in three strengths or more. */
import { forgetfulIndex, seededChance, type Drift } from "@tidemark/testing";
import type { SentinelWorld } from "./sentinel-world.ts";

const preprocessing = (rewrite: (text: string) => string): Drift => ({
  kind: "preprocessing",
  rewrite,
});

export type NamedDrift = readonly [what: string, drift: Drift, cause: string];

export const drifts: readonly NamedDrift[] = [
  ["weights off by a tenth", { kind: "weights", noise: 0.13 }, "weights"],
  ["weights off by a quarter", { kind: "weights", noise: 0.25 }, "weights"],
  ["other weights", { kind: "weights", noise: 1 }, "weights"],
  ["a twentieth of a vocabulary swapped", { kind: "vocabulary", share: 0.05 }, "tokenizer"],
  ["a fifth of a vocabulary swapped", { kind: "vocabulary", share: 0.2 }, "tokenizer"],
  ["most of a vocabulary swapped", { kind: "vocabulary", share: 0.7 }, "tokenizer"],
  ["texts cut after 80 words", { kind: "cut", words: 80 }, "tokenizer"],
  ["texts cut after 40 words", { kind: "cut", words: 40 }, "tokenizer"],
  ["texts cut after 22 words", { kind: "cut", words: 22 }, "tokenizer"],
  [
    "punctuation taken out",
    preprocessing((text) => text.replaceAll(/\p{P}/gu, "")),
    "preprocessing",
  ],
  ["a prefix of one word", preprocessing((text) => `passage: ${text}`), "preprocessing"],
  ["a long prefix", preprocessing((text) => `this is a document: ${text}`), "preprocessing"],
];

/** Those that a model sees which tells capitals, normal forms and white space apart. */
export const fineDrifts: readonly NamedDrift[] = [
  ["lower case", preprocessing((text) => text.toLowerCase()), "preprocessing"],
  ["another normal form", preprocessing((text) => text.normalize("NFD")), "preprocessing"],
  [
    "white space collapsed",
    preprocessing((text) => text.replaceAll(/\s+/gu, " ").trim()),
    "preprocessing",
  ],
];

export const lossShares = [0.05, 0.2, 0.6] as const;
export const missedShares = [0.1, 0.3, 0.6] as const;

export function miss(world: SentinelWorld, share: number): void {
  world.index = forgetfulIndex(world.index, share, seededChance(7));
}

/** An ordinary hour: documents are edited and added, vectors and neighbours off by roundings. */
export async function anOrdinaryHour(world: SentinelWorld, run: number): Promise<void> {
  await world.put(`${run}.md`, [`edited in run ${run}`, "price of the yearly plan"]);
  await world.put(`new ${run}.md`, [`history of the company in run ${run}`]);
}
