import { z } from "zod";
import type { ApiApp, HealthParts } from "../api-app.ts";

const msPerSecond = 1_000;

const healthSchema = z.object({
  status: z.enum(["ok", "unavailable"]),
  reasons: z.record(z.string(), z.string()),
});

export function healthRoutes(app: ApiApp, { health, metrics }: HealthParts): void {
  const tags = ["health"];
  const response = { 200: healthSchema, 503: healthSchema };
  const open = { access: "open" } as const;

  app.get(
    "/healthz",
    { config: open, schema: { tags, summary: "Whether the process is alive", response } },
    async (_request, reply) => {
      if (health.live.isLive) return { status: "ok" as const, reasons: {} };
      reply.code(503);
      return { status: "unavailable" as const, reasons: { "event-loop": "stalled" } };
    },
  );

  app.get(
    "/readyz",
    { config: open, schema: { tags, summary: "Whether it can answer, or why not", response } },
    async (_request, reply) => {
      const { isReady, reasons } = health.readiness;
      if (isReady) return { status: "ok" as const, reasons: {} };
      reply.code(503);
      return { status: "unavailable" as const, reasons: { ...reasons } };
    },
  );

  app.get(
    "/metrics",
    {
      config: { access: "anyKey" },
      schema: { tags, summary: "Prometheus metrics", response: { 200: z.string() } },
      serializerCompiler: () => String,
    },
    async (_request, reply) => {
      metrics.ready.set(health.readiness.isReady ? 1 : 0);
      metrics.eventLoopLag.set(health.live.takeLagMs() / msPerSecond);
      reply.type(metrics.registry.contentType);
      return metrics.registry.metrics();
    },
  );
}
