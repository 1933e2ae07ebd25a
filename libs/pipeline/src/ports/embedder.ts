import type { GenerationId } from "@tidemark/domain";

/**
 * Who asks for vectors, from the most to the least urgent. A person waiting for an answer comes
 * first; live changes of the generation that answers come before those of one being built.
 */
export const embedLanes = ["query", "live", "liveOther", "backfill"] as const;
export type EmbedLane = (typeof embedLanes)[number];

/** What decides a vector besides the text, on the embedder's side. All of it is fingerprinted. */
export interface EmbeddingSpace {
  /** Name for people, such as `all-MiniLM-L6-v2-int8`. */
  readonly model: string;
  /** Hex sha256 of the weights; for a remote model, of its name and declared revision. */
  readonly weightsDigest: string;
  /** Hex sha256 of the tokenizer; for a remote model, of the name of its encoding. */
  readonly tokenizerDigest: string;
  readonly dimension: number;
  /** Longer texts are cut here, special tokens included. */
  readonly tokensMax: number;
  readonly pooling: string;
  readonly metric: "cosine";
  readonly documentPrefix: string;
  readonly queryPrefix: string;
}

/** For whom something is embedded. */
export interface Payer {
  /** A source, or what is done for none, in parentheses. */
  readonly source: string;
  readonly generation: GenerationId | null;
}

export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly purpose: "document" | "query";
  readonly lane: EmbedLane;
  /** Of each text, in order. */
  readonly payers?: readonly Payer[];
  /** W3C trace context of what caused the request, or of the first of several that did. */
  readonly trace?: string | null;
  readonly signal?: AbortSignal;
}

export interface EmbedReply {
  /** One vector of `space.dimension` finite numbers and unit length for each text, in order. */
  readonly vectors: readonly Float32Array[];
  /** Tokens that were run through the model, special ones included. */
  readonly tokens: number;
  /** Money spent on this request, in the embedder's currency; 0 for a local model. */
  readonly cost: number;
}

/**
 * Makes vectors. The same text gives the same vector, whatever shares its request.
 *
 * Throws `OverloadedError` (a `TransientError`) when its bounded queue is full, `TransientError`
 * when another try may succeed, and `PoisonError` when one of the texts can never be embedded:
 * the caller halves the request to find which.
 */
export interface Embedder {
  readonly space: EmbeddingSpace;
  /** Tokens of a text without special tokens, as the model counts them; does not block for long. */
  countTokens(text: string): number;
  embed(request: EmbedRequest): Promise<EmbedReply>;
}
