/** The HTTP side of a process that has no other, or not yet: alive, ready, metrics. */
import { TransientError } from "@tidemark/pipeline";
import type { FastifyInstance } from "fastify";
import type { ApiApp, HealthParts } from "./api-app.ts";
import { newApp } from "./new-app.ts";
import { healthRoutes } from "./routes/health.ts";

/**
 * `/healthz`, `/readyz` and `/metrics`, with the keys, bounds and access log of the whole interface.
 * Not listening yet: `await app.listen({ host, port })`, once `mayListen` agrees.
 */
export function createHealthServer(parts: HealthParts): FastifyInstance {
  return withHealth(newApp(parts), parts);
}

/**
 * The same for a process that will have the whole interface. Until then whoever asks for more is
 * told to come later: a 404 would say that a document is not there, and would not be tried again.
 */
export function createStartingServer(parts: HealthParts): FastifyInstance {
  const startingError = () => new TransientError("this process is still starting: see /readyz");
  return withHealth(newApp(parts, startingError), parts);
}

function withHealth(app: ApiApp, parts: HealthParts): FastifyInstance {
  app.register(async (routes: ApiApp) => healthRoutes(routes, parts));
  return app;
}
