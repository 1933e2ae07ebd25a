/** The HTTP side of a process that has no other: alive, ready, metrics. */
import type { FastifyInstance } from "fastify";
import type { ApiApp, HealthParts } from "./api-app.ts";
import { newApp } from "./new-app.ts";
import { healthRoutes } from "./routes/health.ts";

/**
 * `/healthz`, `/readyz` and `/metrics`, with the keys, bounds and access log of the whole interface.
 * Not listening yet: `await app.listen({ host, port })`, once `mayListen` agrees.
 */
export function createHealthServer(parts: HealthParts): FastifyInstance {
  const app = newApp(parts);
  app.register(async (routes: ApiApp) => healthRoutes(routes, parts));
  return app;
}
