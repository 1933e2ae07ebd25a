import { z } from "zod";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { bounds } from "../bounds.ts";
import { addressOfId, idParamsSchema } from "../document-address.ts";
import { whySchema, whyToWire } from "../wire/why-wire.ts";

const nameSchema = z.string().min(1).max(512);
const querySchema = z.strictObject({
  tenant: nameSchema.optional(),
  principal: z
    .union([nameSchema, z.array(nameSchema).max(bounds.principalsMax)])
    .optional()
    .meta({ description: "Asks why for one who is these; may be repeated" }),
});

/** For admins: a document's life says more than a search ever would. */
export function whyRoutes(app: ApiApp, { operations }: ServerParts): void {
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
