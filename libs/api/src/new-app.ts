/** A Fastify server with the bounds that every one of ours keeps to, and no routes yet. */
import { randomUUID } from "node:crypto";
import { fastify, type RawServerDefault } from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { registerAccess } from "./access.ts";
import type { ApiApp, HealthParts } from "./api-app.ts";
import { bounds } from "./bounds.ts";
import { registerErrors, sendFrameworkError } from "./errors.ts";
import { registerObservation } from "./observe.ts";

/**
 * Errors, access and observation are in place: a route that says nothing is for admins alone.
 * @param missing what is said of an address that no route is at; by default that there is nothing
 */
export function newApp(parts: HealthParts, missing?: () => Error): ApiApp {
  const app: ApiApp = fastify<RawServerDefault>({
    logger: false,
    bodyLimit: parts.options.bodyBytesMax ?? bounds.bodyBytesMax,
    connectionTimeout: bounds.idleTimeoutMs,
    keepAliveTimeout: bounds.keepAliveTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    forceCloseConnections: "idle",
    frameworkErrors: sendFrameworkError,
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
    http: { maxHeaderSize: bounds.headerBytesMax, headersTimeout: bounds.headersTimeoutMs },
    routerOptions: { maxParamLength: bounds.nameLengthMax },
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = bounds.connectionsMax;
  // Responses have the types of their schemas at compile time; tests hold them to it.
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  // A page elsewhere can send a form or plain text without asking first; only JSON is taken.
  app.removeContentTypeParser("text/plain");
  registerErrors(app, parts, missing);
  registerObservation(app, parts);
  registerAccess(app, parts);
  return app;
}

const requestIdPattern = new RegExp(`^[\\w.:-]{1,${bounds.requestIdLengthMax}}$`, "u");

/** The caller's own id when it is harmless in a log line. */
function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === "string" && requestIdPattern.test(header) ? header : randomUUID();
}
