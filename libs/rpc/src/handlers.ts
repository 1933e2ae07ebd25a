/** What a server must do for each method of the two services. */
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from "@grpc/grpc-js";
import { Embedder } from "./gen/embedder/v1/embedder_pb.ts";
import type {
  DescribeRequest,
  DescribeResponse,
  EmbedRequest,
  EmbedResponse,
  EmbedStreamRequest,
  EmbedStreamResponse,
} from "./gen/embedder/v1/embedder_pb.ts";
import { Health } from "./gen/grpc/health/v1/health_pb.ts";
import type { HealthCheckRequest, HealthCheckResponse } from "./gen/grpc/health/v1/health_pb.ts";
import { grpcService } from "./grpc-service.ts";

export const embedderService = grpcService(Embedder);
export const healthService = grpcService(Health);

/** Where W3C trace context travels. https://www.w3.org/TR/trace-context/ */
export const traceHeader = "traceparent";

export interface EmbedderHandlers {
  readonly embed: handleUnaryCall<EmbedRequest, EmbedResponse>;
  readonly embedStream: handleBidiStreamingCall<EmbedStreamRequest, EmbedStreamResponse>;
  readonly describe: handleUnaryCall<DescribeRequest, DescribeResponse>;
}

export interface HealthHandlers {
  readonly check: handleUnaryCall<HealthCheckRequest, HealthCheckResponse>;
  readonly watch: handleServerStreamingCall<HealthCheckRequest, HealthCheckResponse>;
}
