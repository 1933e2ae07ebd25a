import type { ApiApp, ServerParts } from "../api-app.ts";
import { withIsoInstants } from "../instants.ts";
import { costsSchema } from "../wire/costs-wire.ts";

export function costRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/costs",
    {
      config: { access: "admin" },
      schema: {
        tags: ["operator"],
        summary: "Tokens and money spent and saved, by source and generation",
        response: { 200: costsSchema },
      },
    },
    async () => withIsoInstants(await operations.costs()),
  );
}
