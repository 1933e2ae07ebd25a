import type { ApiApp, ServerParts } from "../api-app.ts";
import { ownWrites } from "../auth/own-tenant.ts";
import { hangUpOf } from "../hang-up.ts";
import { traceOf } from "../trace-context.ts";
import { searchBodySchema, searchRequestOf } from "../wire/search-request.ts";
import { searchResponseSchema, searchResponseToWire } from "../wire/search-response.ts";

export function searchRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.post(
    "/v1/search",
    {
      config: { access: "search" },
      schema: {
        tags: ["search"],
        summary: "Find documents, and say how fresh the answer is",
        body: searchBodySchema,
        response: { 200: searchResponseSchema },
      },
    },
    async ({ body, headers, rights }, reply) => {
      const request = {
        ...searchRequestOf(body, { rights, signal: hangUpOf(reply) }),
        trace: traceOf(headers),
      };
      const { own, foreign } = await ownWrites(operations, rights, request.after);
      const response = await operations.search({ ...request, after: own });
      return searchResponseToWire({ ...response, after: [...response.after, ...foreign] });
    },
  );
}
