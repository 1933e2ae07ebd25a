/** Request ids, counts by route and the access log. A request's body or query is never logged. */
import type { ApiApp, HealthParts } from "./api-app.ts";

export function registerObservation(app: ApiApp, { logger, metrics }: HealthParts): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = routeLabel(request.routeOptions.url);
    const { method } = request;
    const status = reply.statusCode;
    metrics.httpRequests.inc({ method, route, status: String(status) });
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const { id: requestId } = request;
    logger.debug({ requestId, method, route, status, ms, by: request.rights.name }, "request");
  });
}

/** The pattern of the route, never the address itself: a label has few values. */
function routeLabel(pattern: string | undefined): string {
  if (pattern === undefined) return "none";
  return pattern.startsWith("/docs") ? "/docs" : pattern;
}
