import type { ApiApp, ServerParts } from "../api-app.ts";
import { withIsoInstants } from "../instants.ts";
import { sentinelsSchema } from "../wire/sentinels-wire.ts";

const tags = ["operator"];

export function sentinelRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/sentinels",
    {
      config: { access: "admin" },
      schema: {
        tags,
        summary: "How far vectors and neighbours have moved, and what has changed",
        response: { 200: sentinelsSchema },
      },
    },
    async () => withIsoInstants(await operations.sentinels({ now: false })),
  );

  app.post(
    "/v1/sentinels/run",
    {
      config: { access: "admin", operator: true },
      schema: {
        tags,
        summary: "Embed the sentinels again now, and say what has changed",
        response: { 200: sentinelsSchema },
      },
    },
    async () => withIsoInstants(await operations.sentinels({ now: true })),
  );
}
