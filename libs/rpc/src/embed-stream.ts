/** A stream of requests, each answered when it is done. */
import { create } from "@bufbuild/protobuf";
import { status as codes } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Answer } from "./answer-request.ts";
import { EmbedStreamResponseSchema } from "./gen/embedder/v1/embedder_pb.ts";
import type {
  EmbedRequest,
  EmbedStreamRequest,
  EmbedStreamResponse,
} from "./gen/embedder/v1/embedder_pb.ts";

export interface EmbedStreamOptions {
  readonly call: ServerDuplexStream<EmbedStreamRequest, EmbedStreamResponse>;
  readonly answer: (request: EmbedRequest, signal: AbortSignal) => Promise<Answer>;
  /** Further requests are not read while so many are being answered. */
  readonly requestsMax: number;
}

/** Lives until the caller has sent all and has every answer, hangs up, or the server stops. */
export class EmbedStream {
  readonly #options: EmbedStreamOptions;
  readonly #hangUp = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #answering = 0;
  #state: "reading" | "read" | "stopping" | "ended" = "reading";

  constructor(options: EmbedStreamOptions) {
    this.#options = options;
    const { call, requestsMax } = options;
    call.on("data", ({ request }: EmbedStreamRequest) => {
      this.#answering += 1;
      if (this.#answering >= requestsMax) call.pause();
      void this.#answer(request);
    });
    call.on("end", () => {
      if (this.#state === "reading") this.#state = "read";
      this.#endWhenIdle();
    });
    call.on("cancelled", () => {
      this.#state = "ended";
      this.#hangUp.abort(new Error("the caller hung up"));
      this.#ended.resolve();
    });
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Reads no further, answers what was read, and tells the caller to go elsewhere. */
  stop(): void {
    if (this.#state === "ended") return;
    this.#state = "stopping";
    this.#options.call.pause();
    this.#endWhenIdle();
  }

  async #answer(request: EmbedRequest | undefined): Promise<void> {
    const { answer, call, requestsMax } = this.#options;
    if (request !== undefined) {
      const answered = await answer(request, this.#hangUp.signal);
      const message = messageOf(request.requestId, answered);
      // Until it is written it counts, so that a slow reader is not sent more than it takes.
      if (this.#state !== "ended") {
        await new Promise<void>((resolve) => {
          call.write(message, () => resolve());
        });
      }
    }
    this.#answering -= 1;
    if (this.#state === "reading" && this.#answering < requestsMax) call.resume();
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#answering > 0) return;
    const { call } = this.#options;
    if (this.#state === "read") {
      call.end();
    } else if (this.#state === "stopping") {
      call.emit("error", { code: codes.UNAVAILABLE, details: "the server is stopping" });
    } else return;
    this.#state = "ended";
    this.#ended.resolve();
  }
}

function messageOf(requestId: string, answer: Answer): EmbedStreamResponse {
  if (answer.kind === "response") {
    const outcome = { case: "response", value: answer.response } as const;
    return create(EmbedStreamResponseSchema, { requestId, outcome });
  }
  const { code, message, reason, retryAfterMs } = answer.failure;
  const value = {
    code,
    message: message.toWellFormed(),
    reason: reason ?? "",
    ...(retryAfterMs === null ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
  };
  return create(EmbedStreamResponseSchema, { requestId, outcome: { case: "failure", value } });
}
