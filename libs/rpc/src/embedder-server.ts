/** Embedders behind gRPC. */
import { create } from "@bufbuild/protobuf";
import { isTraceContext } from "@tidemark/domain";
import { Server } from "@grpc/grpc-js";
import type { ChannelOptions, Metadata, UntypedServiceImplementation } from "@grpc/grpc-js";
import { RequestAnswers } from "./answer-request.ts";
import type { AnswerOptions, ServedModel } from "./answer-request.ts";
import { serverBounds } from "./bounds.ts";
import { EmbedStream } from "./embed-stream.ts";
import { statusOf } from "./failure.ts";
import {
  DescribeResponseSchema,
  Embedder as EmbedderDescription,
} from "./gen/embedder/v1/embedder_pb.ts";
import type { DescribeResponse, EmbedRequest } from "./gen/embedder/v1/embedder_pb.ts";
import { embedderService, healthService, traceHeader } from "./handlers.ts";
import type { EmbedderHandlers } from "./handlers.ts";
import { HealthService } from "./health-service.ts";
import { spaceFingerprint } from "./space-fingerprint.ts";
import { serverCredentials } from "./tls.ts";
import type { ServerTls } from "./tls.ts";

export interface EmbedderServerOptions extends AnswerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly version: string;
  readonly tls?: ServerTls;
  readonly drainMs?: number;
}

/**
 * Serves any number of embedders by the names of their models, and says that it is healthy while it
 * listens. The embedders are the caller's, and outlive it.
 */
export class EmbedderServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #parts: ServerParts;
  readonly #drainMs: number;

  private constructor(server: Server, parts: ServerParts, { port, drainMs }: Listening) {
    this.port = port;
    this.#server = server;
    this.#parts = parts;
    this.#drainMs = drainMs;
  }

  /** @throws when the address cannot be listened on, or the certificate is none */
  static async listen(options: EmbedderServerOptions): Promise<EmbedderServer> {
    const { host, drainMs = serverBounds.drainMs } = options;
    const server = new Server(serverOptions);
    const parts = partsOf(options);
    server.addService(embedderService, parts.embedder);
    server.addService(healthService, parts.health.handlers);
    const name = host.includes(":") ? `[${host}]` : host;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const credentials = serverCredentials(options.tls);
    server.bindAsync(`${name}:${options.port}`, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
    return new EmbedderServer(server, parts, { port: await promise, drainMs });
  }

  /**
   * Tells callers to go elsewhere, answers what is under way, and waits no longer than `drainMs`.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.health.stop();
    for (const stream of this.#parts.streams) stream.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#drainMs);
    this.#server.tryShutdown(() => resolve());
    await promise;
    clearTimeout(timer);
    this.#server.forceShutdown();
  }
}

/** What is no trace context is not passed on. */
function traceIn(metadata: Metadata): string | null {
  const [given] = metadata.get(traceHeader);
  return typeof given === "string" && isTraceContext(given) ? given : null;
}

interface Listening {
  readonly port: number;
  readonly drainMs: number;
}

interface ServerParts {
  readonly embedder: EmbedderHandlers & UntypedServiceImplementation;
  readonly health: HealthService;
  readonly streams: ReadonlySet<EmbedStream>;
}

const serverOptions: ChannelOptions = {
  "grpc.max_receive_message_length": serverBounds.requestBytesMax,
  "grpc.max_send_message_length": -1,
  "grpc.max_concurrent_streams": serverBounds.connectionCallsMax,
  "grpc.max_connection_age_ms": serverBounds.connectionAgeMs,
  "grpc.max_connection_age_grace_ms": serverBounds.connectionGraceMs,
  "grpc.keepalive_time_ms": serverBounds.keepaliveMs,
  "grpc.keepalive_timeout_ms": serverBounds.keepaliveTimeoutMs,
};

function partsOf(options: EmbedderServerOptions): ServerParts {
  const answers = new RequestAnswers(options);
  const description = describe(options);
  const streams = new Set<EmbedStream>();
  const embedder: ServerParts["embedder"] = {
    embed: (call, callback) => {
      const hangUp = new AbortController();
      // Also when the caller's deadline has passed, and, harmlessly, after an answer.
      call.on("cancelled", () => hangUp.abort(new Error("the caller gave up")));
      void answers.answer(call.request, hangUp.signal, traceIn(call.metadata)).then((answer) => {
        if (answer.kind === "response") callback(null, answer.response);
        else callback(statusOf(answer.failure));
      });
    },
    embedStream: (call) => {
      const trace = traceIn(call.metadata);
      const answer = (request: EmbedRequest, hangUp: AbortSignal) =>
        answers.answer(request, hangUp, trace);
      const stream = new EmbedStream({ call, answer, requestsMax: serverBounds.streamRequestsMax });
      streams.add(stream);
      void stream.ended.then(() => streams.delete(stream));
    },
    describe: (_call, callback) => callback(null, description),
  };
  return { embedder, health: new HealthService([EmbedderDescription.typeName]), streams };
}

function describe({ models, version }: EmbedderServerOptions): DescribeResponse {
  const { requestBytesMax, textsMax } = serverBounds;
  return create(DescribeResponseSchema, {
    version,
    limits: { requestBytesMax, textsMax },
    models: [...models].map(([name, { device = "", embedder, golden }]: [string, ServedModel]) => ({
      name,
      device,
      space: { ...embedder.space },
      fingerprint: spaceFingerprint(embedder.space),
      ...(golden && { golden: { ...golden } }),
    })),
  });
}
