/** An embedder that is asked over gRPC. */
import { randomUUID } from "node:crypto";
import { PoisonError, TransientError, mapBounded } from "@tidemark/pipeline";
import type { EmbedReply, EmbedRequest, Embedder, EmbeddingSpace } from "@tidemark/pipeline";
import { clientBounds } from "./bounds.ts";
import { EmbedderChannel } from "./embedder-channel.ts";
import type { DescribeResponse, EmbedResponse, Model } from "./gen/embedder/v1/embedder_pb.ts";
import { spaceFingerprint } from "./space-fingerprint.ts";
import { splitTexts } from "./split-texts.ts";
import type { ClientTls } from "./tls.ts";
import { spaceOf, unpackVectors, wireLanes, wirePurposes } from "./wire.ts";

/** The model's own, on this side: counting takes no round trip. */
export interface Tokenizer {
  /** Hex sha256, as in the space of the model. */
  readonly digest: string;
  countTokens(text: string): number;
}

export interface RpcEmbedderOptions {
  /** Such as `dns:///embedder.tidemark:7400` or `ipv4:10.0.0.7:7400,10.0.0.8:7400`. */
  readonly target: string;
  /** A model's name, as the server tells it. */
  readonly model: string;
  readonly tokenizer: Tokenizer;
  readonly tls?: ClientTls;
  /** For the first answer of the first server. */
  readonly connectMs?: number;
  /** How long each lane waits for an answer. */
  readonly waitMs?: Readonly<Record<EmbedRequest["lane"], number>>;
}

/**
 * Asks one or several servers in turn. All must make the vectors that the first described: a reply
 * of another space is refused, whoever gave it.
 *
 * Tokens and cost are those of the reply that was used. A request that is sent again because its
 * answer was lost has the same id, and the server answers it from memory.
 */
export class RpcEmbedder implements Embedder, AsyncDisposable {
  readonly space: EmbeddingSpace;
  /** Of the space; each reply must carry it. */
  readonly fingerprint: string;
  /** What the server runs the model on, such as `cpu`; empty where it does not know. */
  readonly device: string;
  /** How well the first server reproduces texts that are known; null where it has none. */
  readonly golden: { readonly verdict: string; readonly mean: number; readonly min: number } | null;
  readonly #options: RpcEmbedderOptions;
  readonly #channel: EmbedderChannel;
  readonly #textsMax: number;
  #isClosed = false;

  private constructor(options: RpcEmbedderOptions, channel: EmbedderChannel, found: Found) {
    const { device, fingerprint, golden } = found.model;
    this.space = found.space;
    this.fingerprint = fingerprint;
    this.device = device;
    this.golden = golden ? { verdict: golden.verdict, mean: golden.mean, min: golden.min } : null;
    this.#options = options;
    this.#channel = channel;
    this.#textsMax = Math.min(clientBounds.textsMax, found.textsMax);
  }

  /**
   * Waits for a server and asks it what it serves.
   *
   * Throws `TransientError` when none answers in time, and what to change when the model is not
   * there or tokens would be counted by another tokenizer than the model's.
   */
  static async connect(options: RpcEmbedderOptions): Promise<RpcEmbedder> {
    const { connectMs = clientBounds.connectMs, target, tls } = options;
    const channel = new EmbedderChannel(target, tls);
    try {
      const described = await channel.describe({ waitMs: connectMs });
      return new RpcEmbedder(options, channel, find(described, options));
    } catch (error) {
      channel[Symbol.dispose]();
      throw error;
    }
  }

  countTokens(text: string): number {
    return this.#options.tokenizer.countTokens(text);
  }

  async embed(request: EmbedRequest): Promise<EmbedReply> {
    const { signal, texts } = request;
    signal?.throwIfAborted();
    if (this.#isClosed) throw new TransientError("the embedder is closed");
    const { oneTextBytesMax } = clientBounds;
    if (texts.some((text) => Buffer.byteLength(text) > oneTextBytesMax)) {
      throw new PoisonError("size-limit", `a text has more than ${oneTextBytesMax} bytes`);
    }
    const bounds = {
      textsMax: this.#textsMax,
      bytesMax: clientBounds.textBytesMax,
      tokensMax: clientBounds.tokensMax,
    };
    const replies = await this.#embedParts(
      splitTexts(texts, bounds, this.space.tokensMax),
      request,
    );
    return {
      vectors: replies.flatMap(({ vectors }) => vectors),
      tokens: replies.reduce((sum, { tokens }) => sum + tokens, 0),
      cost: replies.reduce((sum, { cost }) => sum + cost, 0),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#channel[Symbol.dispose]();
    return Promise.resolve();
  }

  /** The first part that fails takes the others with it. */
  async #embedParts(
    parts: readonly (readonly string[])[],
    { lane, purpose, signal, trace }: EmbedRequest,
  ): Promise<readonly EmbedReply[]> {
    const ending = new AbortController();
    const follow = (): void => ending.abort(signal?.reason);
    signal?.addEventListener("abort", follow, { once: true });
    const { waitMs = clientBounds.waitMs, model } = this.#options;
    try {
      return await mapBounded(parts, clientBounds.requestsMax, async (texts) => {
        try {
          const request = {
            requestId: randomUUID(),
            model,
            // As it will be written: half a surrogate pair has no bytes.
            texts: texts.map((text) => text.toWellFormed()),
            purpose: wirePurposes[purpose],
            lane: wireLanes[lane],
          };
          const bounded = { waitMs: waitMs[lane], signal: ending.signal, trace };
          return this.#replyOf(await this.#channel.embed(request, bounded), texts.length);
        } catch (error) {
          ending.abort(error);
          throw error;
        }
      });
    } finally {
      signal?.removeEventListener("abort", follow);
    }
  }

  #replyOf(response: EmbedResponse, texts: number): EmbedReply {
    const { cost, dimension, fingerprint, tokens } = response;
    const { target } = this.#channel;
    if (fingerprint !== this.fingerprint) {
      throw new TransientError(
        `the embedder at ${target} answers in the space ${fingerprint}, and ${this.fingerprint} ` +
          "was described at the start",
      );
    }
    const bytes = texts * this.space.dimension * Float32Array.BYTES_PER_ELEMENT;
    if (dimension !== this.space.dimension || response.vectors.byteLength !== bytes) {
      throw new TransientError(
        `the embedder at ${target} gave ${response.vectors.byteLength} bytes of vectors of width ` +
          `${dimension} where ${bytes} of width ${this.space.dimension} are expected`,
      );
    }
    return { vectors: unpackVectors(response.vectors, dimension), tokens, cost };
  }
}

interface Found {
  readonly model: Model;
  readonly space: EmbeddingSpace;
  readonly textsMax: number;
}

function find(described: DescribeResponse, options: RpcEmbedderOptions): Found {
  const { model: name, target, tokenizer } = options;
  const model = described.models.find((each) => each.name === name);
  if (model?.space === undefined) {
    const served = described.models.map((each) => each.name).join(", ");
    throw new Error(`the embedder at ${target} serves ${served}, and not ${name}`);
  }
  const space = spaceOf(model.space);
  const fingerprint = spaceFingerprint(space);
  if (fingerprint !== model.fingerprint) {
    throw new Error(
      `the embedder at ${target} calls the space of ${name} ${model.fingerprint}, and this side ` +
        `${fingerprint}: they are of different versions`,
    );
  }
  if (space.tokenizerDigest !== tokenizer.digest) {
    throw new Error(
      `the embedder at ${target} has the tokenizer ${space.tokenizerDigest} for ${name}, and this ` +
        `side has ${tokenizer.digest}: tokens would be counted wrongly`,
    );
  }
  return { model, space, textsMax: described.limits?.textsMax ?? clientBounds.textsMax };
}
