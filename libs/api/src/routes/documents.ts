import { metadataSchema } from "@tidemark/domain";
import { RequestError, type DocumentView } from "@tidemark/pipeline";
import { z } from "zod";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { requireOwnTenant } from "../auth/own-tenant.ts";
import { requireSource, type Rights } from "../auth/rights.ts";
import { addressOf, documentParamsSchema } from "../document-address.ts";
import { acceptedSchema, acceptedToWire } from "../wire/accepted.ts";
import {
  documentBodySchema,
  documentPatchSchema,
  permissionsOf,
  pushedOf,
} from "../wire/document-body.ts";
import { traceOf } from "../trace-context.ts";
import { manifestToWire, manifestWireSchema } from "../wire/manifest-wire.ts";

const url = "/v1/sources/:source/documents/*";
const config = { access: "write" } as const;
const tags = ["documents"];
const accepted = { 202: acceptedSchema };

const documentViewSchema = z.object({
  documentId: z.string(),
  standing: z.string(),
  metadata: metadataSchema,
  manifest: manifestWireSchema,
});

export function documentRoutes(app: ApiApp, { operations }: ServerParts): void {
  const addressFor = async (
    { source, "*": key }: z.output<typeof documentParamsSchema>,
    rights: Rights,
  ) => {
    requireSource(rights, source);
    const address = addressOf(source, key);
    await requireOwnTenant(operations, rights, address.id);
    return address;
  };

  app.put(
    url,
    {
      config,
      schema: {
        tags,
        summary: "Put a document; the answer means that it is kept for good",
        params: documentParamsSchema,
        body: documentBodySchema,
        response: accepted,
      },
    },
    async ({ params, body, headers, rights }, reply) => {
      const { source, key } = await addressFor(params, rights);
      const document = { ...pushedOf(key, body, rights), trace: traceOf(headers) };
      const [first] = await operations.put(source, [document]);
      if (!first) throw new Error("a put of one document answered none");
      return reply.code(202).send(acceptedToWire(first));
    },
  );

  app.patch(
    url,
    {
      config,
      schema: {
        tags,
        summary: "Replace the metadata or the permissions; nothing is embedded",
        params: documentParamsSchema,
        body: documentPatchSchema,
        response: accepted,
      },
    },
    async ({ params, body: { metadata, permissions }, headers, rights }, reply) => {
      const { source, key } = await addressFor(params, rights);
      const facet =
        permissions === undefined
          ? { metadata: metadata ?? {} }
          : { permissions: permissionsOf(permissions) };
      const origin = { trace: traceOf(headers) };
      const done = await operations.patch(source, key, facet, origin);
      return reply.code(202).send(acceptedToWire(done));
    },
  );

  app.delete(
    url,
    {
      config,
      schema: {
        tags,
        summary: "Delete a document; it is hidden from search at once",
        params: documentParamsSchema,
        response: accepted,
      },
    },
    async ({ params, headers, rights }, reply) => {
      const { source, key } = await addressFor(params, rights);
      const done = await operations.remove(source, key, { trace: traceOf(headers) });
      return reply.code(202).send(acceptedToWire(done));
    },
  );

  app.get(
    url,
    {
      config,
      schema: {
        tags,
        summary: "What is known of a document, besides its content",
        params: documentParamsSchema,
        response: { 200: documentViewSchema },
      },
    },
    async ({ params, rights }) => {
      const { source, key } = await addressFor(params, rights);
      return viewToWire(await operations.document(source, key));
    },
  );
}

function viewToWire({ documentId, standing, manifest }: DocumentView) {
  if (!manifest || standing === "unknown") {
    throw new RequestError(404, "unknown-document", "no such document has been seen");
  }
  if (standing === "deleted") {
    throw new RequestError(404, "deleted", "this document was deleted");
  }
  const { metadata } = manifest.seen;
  return { documentId, standing, metadata, manifest: manifestToWire(manifest) };
}
