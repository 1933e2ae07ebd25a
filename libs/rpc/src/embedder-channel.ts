/** A connection to one or several embedder servers, with the two calls that a client makes. */
import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Client, Metadata, status as codes } from "@grpc/grpc-js";
import type { CallOptions, ChannelOptions, MethodDefinition, ServiceError } from "@grpc/grpc-js";
import { TransientError } from "@tidemark/pipeline";
import { clientBounds } from "./bounds.ts";
import { errorOf } from "./failure.ts";
import {
  DescribeRequestSchema,
  EmbedRequestSchema,
  Embedder as EmbedderDescription,
} from "./gen/embedder/v1/embedder_pb.ts";
import type { DescribeResponse, EmbedResponse } from "./gen/embedder/v1/embedder_pb.ts";
import { embedderService, traceHeader } from "./handlers.ts";
import { channelCredentials } from "./tls.ts";
import type { ClientTls } from "./tls.ts";

export interface Bounded {
  /** From the first try to the last, queues included. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class EmbedderChannel implements Disposable {
  readonly target: string;
  readonly #client: Client;

  /** Connects when it is first used. Every server that the target names takes its turn. */
  constructor(target: string, tls: ClientTls | undefined) {
    this.target = target;
    this.#client = new Client(target, channelCredentials(tls), channelOptions);
  }

  /** Waits for a server to come up. */
  describe(bounded: Bounded): Promise<DescribeResponse> {
    const metadata = new Metadata({ waitForReady: true });
    return this.#call(embedderService.describe, create(DescribeRequestSchema), metadata, bounded);
  }

  /** The same `requestId` for each try, so that an answer that was lost is not made again. */
  embed(
    request: MessageInitShape<typeof EmbedRequestSchema>,
    bounded: Bounded & { readonly trace?: string | null | undefined },
  ): Promise<EmbedResponse> {
    const message = create(EmbedRequestSchema, request);
    const metadata = new Metadata();
    if (bounded.trace) metadata.set(traceHeader, bounded.trace);
    return this.#call(embedderService.embed, message, metadata, bounded);
  }

  /** Calls under way fail. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  #call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    metadata: Metadata,
    { waitMs, signal }: Bounded,
  ): Promise<Response> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const { path, requestSerialize, responseDeserialize } = method;
    const options: CallOptions = { deadline: Date.now() + waitMs };
    const call = this.#client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      options,
      (error: ServiceError | null, response?: Response) => {
        signal?.removeEventListener("abort", giveUp);
        if (response !== undefined && error === null) resolve(response);
        else if (signal?.aborted) reject(signal.reason);
        else reject(this.#failure(error));
      },
    );
    const giveUp = (): void => call.cancel();
    signal?.addEventListener("abort", giveUp, { once: true });
    return promise;
  }

  #failure(error: ServiceError | null): Error {
    if (error !== null) return errorOf(error, this.target);
    return new TransientError(`the embedder at ${this.target} gave an empty answer`);
  }
}

const seconds = (ms: number): string => `${ms / 1000}s`;

const serviceConfig = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: EmbedderDescription.typeName }],
      retryPolicy: {
        maxAttempts: clientBounds.attemptsMax,
        initialBackoff: seconds(clientBounds.backoffFirstMs),
        maxBackoff: seconds(clientBounds.backoffMaxMs),
        backoffMultiplier: 2,
        // A full queue is not among them: whoever asked is to slow down.
        retryableStatusCodes: [codes.UNAVAILABLE],
      },
    },
  ],
};

const channelOptions: ChannelOptions = {
  "grpc.service_config": JSON.stringify(serviceConfig),
  "grpc.service_config_disable_resolution": 1,
  // The target is what it says; a proxy in the environment is for other traffic.
  "grpc.enable_http_proxy": 0,
  "grpc.keepalive_time_ms": clientBounds.keepaliveMs,
  "grpc.keepalive_timeout_ms": clientBounds.keepaliveTimeoutMs,
  "grpc.initial_reconnect_backoff_ms": clientBounds.reconnectFirstMs,
  "grpc.max_reconnect_backoff_ms": clientBounds.reconnectMaxMs,
  "grpc.max_receive_message_length": clientBounds.replyBytesMax,
  "grpc.max_send_message_length": clientBounds.requestBytesMax,
  // What is kept to be sent again: a request of the largest size must fit.
  "grpc.per_rpc_retry_buffer_size": clientBounds.requestBytesMax,
  "grpc.retry_buffer_size": clientBounds.retryBytesMax,
  // Each client has connections of its own, so that closing one closes nothing of another's.
  "grpc.use_local_subchannel_pool": 1,
};
