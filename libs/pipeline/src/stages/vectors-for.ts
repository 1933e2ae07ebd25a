/**
 * Vectors for texts: those that exist are taken, the rest embedded. One text that can never be
 * embedded is found by halving the request, and the others do not suffer for it.
 */
import { dependingOn, PoisonError } from "../errors.ts";
import { mapBounded } from "../map-bounded.ts";
import type { Embedder, EmbedLane, Payer } from "../ports/embedder.ts";

/** A request is small enough for a queue that bounds its lanes, and for others to come between. */
const textsPerRequestMax = 128;
const requestsAtOnceMax = 2;

const embedderName = "embedder";

export interface EmbedOptions {
  readonly lane: EmbedLane;
  readonly signal: AbortSignal;
  /** Of the first of the changes whose texts these are. */
  readonly trace: string | null;
  /** The embedder has answered: who it fails alone is the fault. */
  readonly proves: (dependency: string) => void;
}

export interface TextToEmbed {
  readonly text: string;
  readonly textHash: string;
  /** Who needed it first pays for all. */
  readonly payer?: Payer;
}

export interface Vectors {
  readonly byHash: Map<string, Float32Array>;
  /** Why a text has no vector and never will. */
  readonly refused: Map<string, PoisonError>;
  /** What each embedded text took, until a document is charged for it. */
  readonly billed: Map<string, { readonly tokens: number; readonly cost: number }>;
  embedMs: number;
}

export function noVectors(): Vectors {
  return { byHash: new Map(), refused: new Map(), billed: new Map(), embedMs: 0 };
}

/** Embeds what is not known yet into `known`. */
export async function embedMissing(
  embedder: Embedder,
  wanted: readonly TextToEmbed[],
  known: Vectors,
  options: EmbedOptions,
): Promise<void> {
  const missing = new Map<string, TextToEmbed>();
  for (const each of wanted) {
    const { textHash } = each;
    if (known.byHash.has(textHash) || known.refused.has(textHash)) continue;
    if (!missing.has(textHash)) missing.set(textHash, each);
  }
  const texts = [...missing.values()];
  const requests = Array.from({ length: Math.ceil(texts.length / textsPerRequestMax) }, (_, at) =>
    texts.slice(at * textsPerRequestMax, (at + 1) * textsPerRequestMax),
  );
  await mapBounded(requests, requestsAtOnceMax, (request) =>
    embedHalving(embedder, request, known, options),
  );
}

async function embedHalving(
  embedder: Embedder,
  texts: readonly TextToEmbed[],
  known: Vectors,
  options: EmbedOptions,
): Promise<void> {
  if (texts.length === 0) return;
  try {
    const { lane, signal, trace } = options;
    const payers = texts.flatMap(({ payer }) => payer ?? []);
    const asked = {
      texts: texts.map(({ text }) => text),
      ...(payers.length === texts.length ? { payers } : {}),
      lane,
      signal,
      trace,
    };
    const reply = await dependingOn(embedderName, () =>
      embedder.embed({ ...asked, purpose: "document" }),
    );
    options.proves(embedderName);
    const counts = texts.map(({ text }) => Math.max(1, embedder.countTokens(text)));
    const counted = counts.reduce((sum, count) => sum + count, 0);
    for (const [at, { textHash }] of texts.entries()) {
      const vector = reply.vectors[at];
      if (!vector) throw new PoisonError("bad-vector", "the embedder left out a vector");
      refuseBadVector(vector, embedder.space.dimension);
      known.byHash.set(textHash, vector);
      const share = (counts[at] ?? 0) / counted;
      known.billed.set(textHash, { tokens: reply.tokens * share, cost: reply.cost * share });
    }
  } catch (error) {
    if (!(error instanceof PoisonError)) throw error;
    const only = texts[0];
    if (texts.length === 1 && only) {
      known.refused.set(only.textHash, error);
      return;
    }
    const half = Math.ceil(texts.length / 2);
    await embedHalving(embedder, texts.slice(0, half), known, options);
    await embedHalving(embedder, texts.slice(half), known, options);
  }
}

/** What cannot be compared must not be stored, whoever made it. */
export function refuseBadVector(vector: Float32Array, dimension: number): void {
  if (vector.length !== dimension) {
    throw new PoisonError("bad-vector", `vector of ${vector.length} numbers, not ${dimension}`);
  }
  let squares = 0;
  for (const number of vector) squares += number * number;
  if (!Number.isFinite(squares) || squares === 0) {
    throw new PoisonError("bad-vector", "vector is not finite, or zero");
  }
}
