/**
 * What the sentinels' vectors were when their generation was young: taken once, kept in the log with
 * the generation, and never taken anew in silence.
 */
import {
  packVector,
  sentinelFamilies,
  sentinels,
  sha256Hex,
  unpackVector,
  type GenerationId,
  type SentinelFamily,
} from "@tidemark/domain";
import { TransientError } from "../../errors.ts";
import type { Embedder } from "../../ports/embedder.ts";
import { refuseBadVector } from "../../stages/vectors-for.ts";
import type { Measures } from "../measures.ts";

export interface Embedded {
  /** In the order of `sentinels`. */
  readonly vectors: readonly Float32Array[];
  readonly tokens: ReadonlyMap<SentinelFamily, number>;
}

export interface Baseline extends Embedded {
  readonly takenAtMs: number;
}

interface BaselineHead {
  readonly v: 1;
  readonly takenAtMs: number;
  /** Of the texts: other texts have another baseline. */
  readonly texts: string;
  readonly dimension: number;
  readonly tokens: Readonly<Record<string, number>>;
  readonly parts: number;
}

const textsPerPart = 32;
const textsPerRequestMax = 64;

export const sentinelsDigest = sha256Hex(
  ...sentinels.flatMap(({ family, text }) => [family, text]),
).slice(0, 16);

/** Family by family, so that the tokens of each are known. */
export async function embedSentinels(
  embedder: Embedder,
  embed: (texts: readonly string[]) => ReturnType<Embedder["embed"]>,
): Promise<Embedded> {
  const vectors: Float32Array[] = [];
  const tokens = new Map<SentinelFamily, number>();
  for (const family of sentinelFamilies) {
    const texts = sentinels.filter((each) => each.family === family).map(({ text }) => text);
    let count = 0;
    for (let at = 0; at < texts.length; at += textsPerRequestMax) {
      const asked = texts.slice(at, at + textsPerRequestMax);
      const reply = await embed(asked);
      if (reply.vectors.length !== asked.length) {
        throw new TransientError("the embedder left out a vector of a sentinel");
      }
      for (const vector of reply.vectors) refuseBadVector(vector, embedder.space.dimension);
      vectors.push(...reply.vectors);
      count += reply.tokens;
    }
    tokens.set(family, count);
  }
  return { vectors, tokens };
}

/** Null where none was taken of these very texts, or a part of it is gone. */
export function readBaseline(measures: Measures, generation: GenerationId): Baseline | null {
  const head = headOf(measures, generation);
  if (!head || head.texts !== sentinelsDigest) return null;
  const vectors: Float32Array[] = [];
  for (let part = 0; part < head.parts; part += 1) {
    const packed = measures.get(partName(generation, part)) as readonly string[] | null;
    if (!packed) return null;
    vectors.push(...packed.map(unpackVector));
  }
  const isWhole =
    vectors.length === sentinels.length && vectors.every(({ length }) => length === head.dimension);
  if (!isWhole) return null;
  const tokens = new Map(
    sentinelFamilies.map((family) => [family, head.tokens[family] ?? 0] as const),
  );
  return { takenAtMs: head.takenAtMs, vectors, tokens };
}

/** By what is written of it, without reading its vectors. */
export function hasBaseline(measures: Measures, generation: GenerationId): boolean {
  return headOf(measures, generation)?.texts === sentinelsDigest;
}

/** Null where there is none. */
export function baselineTakenAtMs(measures: Measures, generation: GenerationId): number | null {
  return headOf(measures, generation)?.takenAtMs ?? null;
}

export async function writeBaseline(
  measures: Measures,
  generation: GenerationId,
  baseline: Baseline,
): Promise<void> {
  const { takenAtMs, tokens, vectors } = baseline;
  const parts = Math.ceil(vectors.length / textsPerPart);
  const head: BaselineHead = {
    v: 1,
    takenAtMs,
    texts: sentinelsDigest,
    dimension: vectors[0]?.length ?? 0,
    tokens: Object.fromEntries(tokens),
    parts,
  };
  for (let part = 0; part < parts; part += 1) {
    const own = vectors.slice(part * textsPerPart, (part + 1) * textsPerPart);
    await measures.put([[partName(generation, part), own.map(packVector)]]);
  }
  // Last: with its head all of it is there.
  await measures.put([[headName(generation), head]]);
}

/** Of a generation that is retired. */
export async function forgetBaseline(measures: Measures, generation: GenerationId): Promise<void> {
  const head = headOf(measures, generation);
  if (!head) return;
  const parts = Array.from({ length: head.parts }, (_, part) => partName(generation, part));
  await measures.put([headName(generation), ...parts].map((name) => [name, null] as const));
}

function headOf(measures: Measures, generation: GenerationId): BaselineHead | null {
  return measures.get(headName(generation)) as BaselineHead | null;
}

const headName = (generation: GenerationId) => `sentinels/${generation}/baseline`;
const partName = (generation: GenerationId, part: number) => `${headName(generation)}/${part}`;
