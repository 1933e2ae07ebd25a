/** The HTTP interface: a Fastify server that asks `Operations` and nothing else. */
import type { FastifyInstance } from "fastify";
import type { ApiApp, ServerParts } from "./api-app.ts";
import { newApp } from "./new-app.ts";
import { registerOpenApi } from "./open-api.ts";
import { bulkRoutes } from "./routes/bulk.ts";
import { costRoutes } from "./routes/costs.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { documentRoutes } from "./routes/documents.ts";
import { freshnessRoutes } from "./routes/freshness.ts";
import { healthRoutes } from "./routes/health.ts";
import { auditRoutes } from "./routes/audit.ts";
import { operatorRoutes } from "./routes/operator.ts";
import { rehearsalRoutes } from "./routes/rehearsals.ts";
import { searchRoutes } from "./routes/search.ts";
import { sentinelRoutes } from "./routes/sentinels.ts";
import { whyRoutes } from "./routes/why.ts";

/**
 * A server that is not listening yet: `await app.listen({ host, port })`, once `mayListen` agrees,
 * and `await app.close()` to drain it. Nothing is read from the environment.
 */
export function createServer(parts: ServerParts): FastifyInstance {
  const app = newApp(parts);
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
  auditRoutes,
  rehearsalRoutes,
  deadLetterRoutes,
  sentinelRoutes,
  costRoutes,
];
