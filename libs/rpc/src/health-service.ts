/** The standard health service: states by the full name of a service, and whoever watches them. */
import { create } from "@bufbuild/protobuf";
import { status as codes } from "@grpc/grpc-js";
import type { ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponseSchema,
} from "./gen/grpc/health/v1/health_pb.ts";
import type { HealthCheckRequest, HealthCheckResponse } from "./gen/grpc/health/v1/health_pb.ts";
import type { HealthHandlers } from "./handlers.ts";

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

export class HealthService {
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Set<Watcher>();
  #isServing = true;

  /** Knows these services besides the empty name, which stands for the server as a whole. */
  constructor(services: readonly string[]) {
    this.#services = new Set(["", ...services]);
  }

  /** From here on nothing is served; watchers are told, and let go. */
  stop(): void {
    this.#isServing = false;
    for (const watcher of this.#watchers) {
      watcher.write(this.#stateOf(watcher.request.service));
      watcher.emit("error", { code: codes.UNAVAILABLE, details: "the server is stopping" });
    }
    this.#watchers.clear();
  }

  readonly handlers: HealthHandlers & UntypedServiceImplementation = {
    check: ({ request: { service } }, callback) => {
      if (this.#services.has(service)) callback(null, this.#stateOf(service));
      else callback({ code: codes.NOT_FOUND, details: `no service ${service} is known` });
    },
    watch: (call) => {
      this.#watchers.add(call);
      call.on("cancelled", () => this.#watchers.delete(call));
      call.write(this.#stateOf(call.request.service));
    },
  };

  #stateOf(service: string): HealthCheckResponse {
    const serving = this.#isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    const status = this.#services.has(service) ? serving : ServingStatus.SERVICE_UNKNOWN;
    return create(HealthCheckResponseSchema, { status });
  }
}
