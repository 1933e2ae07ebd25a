/** One request of the contract → its reply. What unary calls and streams have in common. */
import { create } from "@bufbuild/protobuf";
import { status as codes } from "@grpc/grpc-js";
import { sha256Hex } from "@tidemark/domain";
import type { EmbedLane, Embedder } from "@tidemark/pipeline";
import { serverBounds } from "./bounds.ts";
import { RefusedRequest, failureOf } from "./failure.ts";
import type { FailureFacts } from "./failure.ts";
import { EmbedResponseSchema } from "./gen/embedder/v1/embedder_pb.ts";
import type { EmbedRequest, EmbedResponse } from "./gen/embedder/v1/embedder_pb.ts";
import { RememberedReplies } from "./remembered-replies.ts";
import { spaceFingerprint } from "./space-fingerprint.ts";
import { laneOf, packVectors, purposeOf } from "./wire.ts";

/** An embedder, and what is known of it besides its space. */
export interface ServedModel {
  readonly embedder: Embedder;
  readonly device?: string;
  readonly golden?: { readonly verdict: string; readonly mean: number; readonly min: number };
}

export const embedOutcomes = [
  "answered",
  "remembered",
  "overloaded",
  "unavailable",
  "refused",
  "given-up",
  "bug",
] as const;
export type EmbedOutcome = (typeof embedOutcomes)[number];

/** What became of one request. `texts` and `tokens` are counted once, when they were embedded. */
export interface AnsweredFacts {
  /** Null when no such model is served. */
  readonly model: string | null;
  readonly lane: EmbedLane | null;
  readonly outcome: EmbedOutcome;
  readonly texts: number;
  readonly tokens: number;
  readonly ms: number;
  /** W3C trace context, as the caller gave it. */
  readonly trace: string | null;
}

export interface AnswerOptions {
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly nowMs: () => number;
  readonly observe: (facts: AnsweredFacts) => void;
  /** Told of what nobody expected. */
  readonly bug: (error: unknown) => void;
}

export type Answer =
  | { readonly kind: "response"; readonly response: EmbedResponse }
  | { readonly kind: "failure"; readonly failure: FailureFacts };

export class RequestAnswers {
  readonly #options: AnswerOptions;
  readonly #remembered: RememberedReplies<EmbedResponse>;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#remembered = new RememberedReplies({
      repliesMax: serverBounds.rememberedMax,
      bytesMax: serverBounds.rememberedBytesMax,
      keepMs: serverBounds.rememberedMs,
      nowMs: options.nowMs,
      bytesOf: ({ vectors }) => vectors.byteLength,
    });
  }

  /** Never rejects. When `signal` aborts, the work leaves the embedder's queue. */
  async answer(
    request: EmbedRequest,
    signal: AbortSignal,
    trace: string | null = null,
  ): Promise<Answer> {
    const { bug, models, nowMs, observe } = this.#options;
    const beganMs = nowMs();
    const facts = {
      model: models.has(request.model) ? request.model : null,
      lane: laneOf(request.lane) ?? null,
      trace,
    };
    try {
      const { reply, isNew } = await this.#reply(request, signal, trace);
      const done = isNew ? { texts: request.texts.length, tokens: reply.tokens } : nothing;
      const outcome = isNew ? "answered" : "remembered";
      observe({ ...facts, ...done, outcome, ms: nowMs() - beganMs });
      return { kind: "response", response: reply };
    } catch (error) {
      const failure = failureOf(error);
      const isGivenUp = signal.aborted;
      if (failure.isBug && !isGivenUp) bug(error);
      const outcome = isGivenUp ? "given-up" : outcomeOf(failure);
      observe({ ...facts, ...nothing, outcome, ms: nowMs() - beganMs });
      return { kind: "failure", failure };
    }
  }

  async #reply(
    request: EmbedRequest,
    signal: AbortSignal,
    trace: string | null,
  ): Promise<{ readonly reply: EmbedResponse; readonly isNew: boolean }> {
    const { model, requestId, texts } = request;
    const embedder = this.#options.models.get(model)?.embedder;
    if (embedder === undefined) {
      const served = [...this.#options.models.keys()].join(", ");
      throw new RefusedRequest(codes.NOT_FOUND, `no model ${model} is served; there is ${served}`);
    }
    const { lane, purpose } = checked(request);
    const work = async (working: AbortSignal): Promise<EmbedResponse> => {
      const made = await embedder.embed({ texts, purpose, lane, trace, signal: working });
      return responseOf(embedder, made);
    };
    if (requestId === "") return { reply: await work(signal), isNew: true };
    // An id that is used for other texts is another request.
    const key = sha256Hex(requestId, model, purpose, ...texts);
    return this.#remembered.get(key, signal, work);
  }
}

const nothing = { texts: 0, tokens: 0 };

function checked(request: EmbedRequest) {
  const { requestIdLengthMax, textsMax } = serverBounds;
  const purpose = purposeOf(request.purpose);
  const lane = laneOf(request.lane);
  if (purpose === undefined) throw invalid("the request's purpose is not known");
  if (lane === undefined) throw invalid("the request's lane is not known");
  if (request.requestId.length > requestIdLengthMax) {
    throw invalid(`a request_id may have ${requestIdLengthMax} characters`);
  }
  if (request.texts.length > textsMax) throw invalid(`a request may have ${textsMax} texts`);
  return { lane, purpose };
}

function invalid(message: string): RefusedRequest {
  return new RefusedRequest(codes.INVALID_ARGUMENT, message);
}

function responseOf(
  { space }: Embedder,
  made: Awaited<ReturnType<Embedder["embed"]>>,
): EmbedResponse {
  return create(EmbedResponseSchema, {
    vectors: packVectors(made.vectors, space.dimension),
    dimension: space.dimension,
    tokens: made.tokens,
    cost: made.cost,
    fingerprint: spaceFingerprint(space),
  });
}

function outcomeOf({ code, isBug }: FailureFacts): EmbedOutcome {
  if (isBug) return "bug";
  if (code === codes.RESOURCE_EXHAUSTED) return "overloaded";
  return code === codes.UNAVAILABLE ? "unavailable" : "refused";
}
