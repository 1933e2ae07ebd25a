/** The HTTP interface: a Fastify server that asks `Operations` and nothing else. */
import { randomUUID } from "node:crypto";
import { fastify, type FastifyInstance, type RawServerDefault } from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { ApiApp, ServerParts } from "./api-app.ts";
import { registerAccess } from "./access.ts";
import { registerErrors, sendFrameworkError } from "./errors.ts";
import { bounds } from "./bounds.ts";
import { registerObservation } from "./observe.ts";
import { registerOpenApi } from "./open-api.ts";
import { bulkRoutes } from "./routes/bulk.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { documentRoutes } from "./routes/documents.ts";
import { freshnessRoutes } from "./routes/freshness.ts";
import { healthRoutes } from "./routes/health.ts";
import { operatorRoutes } from "./routes/operator.ts";
import { searchRoutes } from "./routes/search.ts";
import { whyRoutes } from "./routes/why.ts";

/**
 * A server that is not listening yet: `await app.listen({ host, port })`, once `mayListen` agrees,
 * and `await app.close()` to drain it. Nothing is read from the environment.
 */
export function createServer(parts: ServerParts): FastifyInstance {
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
  registerErrors(app, parts);
  registerObservation(app, parts);
  registerAccess(app, parts);
  registerOpenApi(app, parts.options);
  app.register(async (routes: ApiApp) => {
    for (const add of allRoutes) add(routes, parts);
  });
  return app;
}

const allRoutes = [
  healthRoutes,
  searchRoutes,
  documentRoutes,
  bulkRoutes,
  whyRoutes,
  freshnessRoutes,
  operatorRoutes,
  deadLetterRoutes,
];

const requestIdPattern = new RegExp(`^[\\w.:-]{1,${bounds.requestIdLengthMax}}$`, "u");

/** The caller's own id when it is harmless in a log line. */
function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === "string" && requestIdPattern.test(header) ? header : randomUUID();
}
