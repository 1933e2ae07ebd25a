/**
 * Makes vectors from words alone: the same words, the same vector; shared words, near vectors.
 * Counts what it was asked, and goes wrong when told to.
 */
import {
  PoisonError,
  TransientError,
  type Clock,
  type Embedder,
  type EmbeddingSpace,
  type EmbedReply,
  type EmbedRequest,
} from "@tidemark/pipeline";
import { openGate, type Gate } from "./gate.ts";

export interface MemoryEmbedderOptions {
  readonly model?: string;
  readonly dimension?: number;
  readonly tokensMax?: number;
  /** A request with a text that has this word is refused for good. */
  readonly poisonWord?: string;
  /** The vector of a text that has this word is not made of numbers. */
  readonly badVectorWord?: string;
  readonly costPerToken?: number;
  /** Each request takes so long. */
  readonly slow?: { readonly clock: Clock; readonly ms: number };
  readonly gate?: Gate;
}

export class MemoryEmbedder implements Embedder {
  readonly space: EmbeddingSpace;
  readonly #options: MemoryEmbedderOptions;
  readonly #gate: Gate;
  #failures = 0;
  /** Requests, texts and tokens that were run, by purpose. */
  readonly embedded = {
    document: { requests: 0, texts: 0, tokens: 0 },
    query: { requests: 0, texts: 0, tokens: 0 },
  };

  constructor(options: MemoryEmbedderOptions = {}) {
    this.#options = options;
    this.#gate = options.gate ?? openGate;
    this.space = {
      model: options.model ?? "bag-of-words",
      weightsDigest: `weights of ${options.model ?? "bag-of-words"}`,
      tokenizerDigest: "words",
      dimension: options.dimension ?? 32,
      tokensMax: options.tokensMax ?? 64,
      pooling: "sum",
      metric: "cosine",
      documentPrefix: "",
      queryPrefix: "",
    };
  }

  /** The next requests fail, and may be tried again. */
  failNext(times: number): void {
    this.#failures = times;
  }

  countTokens(text: string): number {
    return wordsOf(text).length;
  }

  async embed(request: EmbedRequest): Promise<EmbedReply> {
    const { poisonWord, badVectorWord, slow, costPerToken = 0 } = this.#options;
    await this.#gate("embed");
    if (slow) await slow.clock.sleep(slow.ms, request.signal);
    request.signal?.throwIfAborted();
    if (this.#failures > 0) {
      this.#failures -= 1;
      throw new TransientError("the embedder is told to fail");
    }
    const words = request.texts.map((text) => wordsOf(text).slice(0, this.space.tokensMax));
    if (poisonWord && words.some((list) => list.includes(poisonWord))) {
      throw new PoisonError("embedding-refused", `a text has the word ${poisonWord}`);
    }
    const tokens = words.reduce((sum, list) => sum + list.length, 0);
    const counts = this.embedded[request.purpose];
    counts.requests += 1;
    counts.texts += words.length;
    counts.tokens += tokens;
    const vectors = words.map((list) =>
      badVectorWord && list.includes(badVectorWord)
        ? new Float32Array(this.space.dimension).fill(Number.NaN)
        : vectorOfWords(list, this.space),
    );
    return { vectors, tokens, cost: tokens * costPerToken };
  }
}

/** The vector that a memory embedder of this model and width makes of a text. */
export function wordVector(
  text: string,
  { model = "bag-of-words", dimension = 32 }: { model?: string; dimension?: number } = {},
): Float32Array {
  return vectorOfWords(wordsOf(text), { model, dimension });
}

function vectorOfWords(
  words: readonly string[],
  { model, dimension }: { readonly model: string; readonly dimension: number },
): Float32Array {
  const vector = new Float32Array(dimension);
  for (const word of words) {
    let hash = wordHash(`${model} ${word}`);
    for (let spread = 0; spread < 3; spread += 1) {
      const at = hash % dimension;
      vector[at] = (vector[at] ?? 0) + (hash & 0x40000000 ? 1 : -1);
      hash = wordHash(`${word} ${hash}`);
    }
  }
  const length = Math.hypot(...vector);
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((value) => value / length);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? [];
}

/** FNV-1a with 32 bits. */
export function wordHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
