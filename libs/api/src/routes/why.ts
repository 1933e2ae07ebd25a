import { z } from "zod";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { bounds } from "../bounds.ts";
import { ownWrites } from "../auth/own-tenant.ts";
import { audienceOf, requireSource } from "../auth/rights.ts";
import { addressOfId, idParamsSchema } from "../document-address.ts";
import { hangUpOf } from "../hang-up.ts";
import { traceOf } from "../trace-context.ts";
import { searchBodySchema, searchRequestOf } from "../wire/search-request.ts";
import { searchWhySchema, searchWhyToWire } from "../wire/search-why-wire.ts";
import { whySchema, whyToWire } from "../wire/why-wire.ts";

const nameSchema = z.string().min(1).max(512);
const querySchema = z.strictObject({
  tenant: nameSchema.optional(),
  principal: z
    .union([nameSchema, z.array(nameSchema).max(bounds.principalsMax)])
    .optional()
    .meta({ description: "Asks why for one who is these; may be repeated" }),
});

const questionSchema = searchBodySchema.extend({
  expect: z.string().min(1).meta({ description: "Document id: <source>/<key>" }),
});

export function whyRoutes(app: ApiApp, parts: ServerParts): void {
  lifeRoute(app, parts);
  questionRoute(app, parts);
}

/** For admins: a document's life says more than a search ever would. */
function lifeRoute(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/why/*",
    {
      config: { access: "admin" },
      schema: {
        tags: ["operator"],
        summary: "Why a document is found, or why it is not",
        params: idParamsSchema,
        querystring: querySchema,
        response: { 200: whySchema },
      },
    },
    async ({ params, query: { tenant, principal } }) => {
      const { id } = addressOfId(params["*"]);
      const asks = tenant !== undefined || principal !== undefined;
      const asker = { tenant: tenant ?? null, principals: [principal ?? []].flat() };
      return whyToWire(await operations.why(id, asks ? asker : null));
    },
  );
}

/** For whoever searches: told is what a search of the key could find, and the rest looks unknown. */
function questionRoute(app: ApiApp, { operations }: ServerParts): void {
  app.post(
    "/v1/why",
    {
      config: { access: "search" },
      schema: {
        tags: ["search"],
        summary: "At which step a search loses a document that it is expected to find",
        body: questionSchema,
        response: { 200: searchWhySchema },
      },
    },
    async ({ body: { expect, ...body }, headers, rights }, reply) => {
      const { id, source } = addressOfId(expect);
      requireSource(rights, source);
      const request = {
        ...searchRequestOf(body, { rights, signal: hangUpOf(reply) }),
        trace: traceOf(headers),
      };
      const { own } = await ownWrites(operations, rights, request.after);
      const report = await operations.whySearch({
        search: { ...request, after: own },
        expected: id,
        audience: audienceOf(rights),
      });
      return searchWhyToWire(report);
    },
  );
}
