/** What the routes are given: the typed server, and what they ask. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Operations } from "@tidemark/pipeline";
import type { EventLoopWatch, Logger, Metrics, Readiness } from "@tidemark/runtime";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { KeyRecord, Scope } from "./auth/key-record.ts";
import type { Rights } from "./auth/rights.ts";

export type ApiApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ServerParts extends HealthParts {
  readonly operations: Operations;
}

/** What any process tells, whatever else it does. */
export interface HealthParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: {
    readonly live: Pick<EventLoopWatch, "isLive" | "takeLagMs">;
    readonly readiness: Pick<Readiness, "isReady" | "reasons">;
  };
  /** Null when none are configured: then only loopback may be listened on. */
  readonly keys: readonly KeyRecord[] | null;
  readonly options: ServerOptions;
}

export interface ServerOptions {
  readonly version: string;
  /** Of a body that is read whole, and of a line of a bulk write. */
  readonly bodyBytesMax?: number;
}

/** Who may use a route: anybody, the holder of any key, or of a key with a scope. */
export type Access = "open" | "anyKey" | Scope;

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
    /** An operator's request may keep a connection without a byte for long. */
    operator?: true;
  }
  interface FastifyRequest {
    rights: Rights;
  }
}
