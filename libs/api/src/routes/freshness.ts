import type { ApiApp, ServerParts } from "../api-app.ts";
import { withIsoInstants } from "../instants.ts";
import { freshnessSchema } from "../wire/freshness-wire.ts";

export function freshnessRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/freshness",
    {
      config: { access: "anyKey" },
      schema: {
        tags: ["freshness"],
        summary: "How far behind its sources the index is",
        response: { 200: freshnessSchema },
      },
    },
    async ({ rights }) => {
      const report = withIsoInstants(await operations.freshness());
      if (rights.sources === "*") return report;
      const allowed = rights.sources;
      return {
        ...report,
        sources: report.sources.filter(({ source }) => allowed.includes(source)),
      };
    },
  );
}
