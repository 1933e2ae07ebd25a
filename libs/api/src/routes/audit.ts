import type { ApiApp, ServerParts } from "../api-app.ts";
import { addressOfId } from "../document-address.ts";
import { withIsoInstants } from "../instants.ts";
import { auditBodySchema, auditSchema } from "../wire/audit-wire.ts";

const tags = ["operator"];

export function auditRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/audit",
    {
      config: { access: "admin" },
      schema: {
        tags,
        summary: "The last audit of each source",
        response: { 200: auditSchema },
      },
    },
    async () => ({ certificates: withIsoInstants(await operations.audits()) }),
  );

  app.post(
    "/v1/audit",
    {
      config: { access: "admin", operator: true },
      schema: {
        tags,
        summary: "Compare source, log and index, and have what differs mended if asked to",
        body: auditBodySchema,
        response: { 200: auditSchema },
      },
    },
    async ({ body: { documents, dryRun, examples, repair, sample, source, thorough } }) => ({
      certificates: withIsoInstants(
        await operations.audit({
          source: source ?? null,
          sample: sample ?? null,
          repair: repair || dryRun ? { dryRun } : null,
          ...(documents === undefined
            ? {}
            : { documents: documents.map((id) => addressOfId(id).id) }),
          ...(examples === undefined ? {} : { examplesMax: examples }),
          isThorough: thorough,
        }),
      ),
    }),
  );
}
