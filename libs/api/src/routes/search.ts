import type { WriteToken } from "@tidemark/domain";
import type { AwaitedWrite, Operations, SearchRequest } from "@tidemark/pipeline";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { isOfAnotherTenant } from "../auth/own-tenant.ts";
import type { Rights } from "../auth/rights.ts";
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
      const { own, foreign } = await parted(operations, rights, request);
      const response = await operations.search({ ...request, after: own });
      return searchResponseToWire({ ...response, after: [...response.after, ...foreign] });
    },
  );
}

/** Tokens can be made up; those of another tenant's documents must not tell that these exist. */
async function parted(
  operations: Operations,
  rights: Rights,
  { after }: SearchRequest,
): Promise<{ readonly own: readonly WriteToken[]; readonly foreign: readonly AwaitedWrite[] }> {
  if (rights.tenants === "*") return { own: after, foreign: [] };
  const marked = await Promise.all(
    after.map(async (token) => ({
      token,
      isForeign: await isOfAnotherTenant(operations, rights, token.documentId),
    })),
  );
  return {
    own: marked.flatMap(({ token, isForeign }) => (isForeign ? [] : [token])),
    foreign: marked.flatMap(({ token, isForeign }) =>
      isForeign ? [{ ...token, status: "pending", reason: null } as const] : [],
    ),
  };
}
