/** A pushed document as it is written → what is stored. */
import { metadataSchema, type Permissions } from "@tidemark/domain";
import type { PushedDocument } from "@tidemark/pipeline";
import { z } from "zod";
import { tenantToWrite, type Rights } from "../auth/rights.ts";
import { bounds } from "../bounds.ts";

const principalSchema = z.string().min(1).max(512);

export const permissionsBodySchema = z
  .union([z.literal("public"), z.array(principalSchema).max(4096)])
  .meta({ description: "Who may read it: everybody, or the principals named" });

const base64Schema = z
  .string()
  // By what must not occur: an expression for the whole overflows the stack on long content.
  .refine((text) => text.length % 4 === 0 && !/[^A-Za-z0-9+/=]|=[^=]|={3}/u.test(text), {
    error: "not base64 with padding",
  });

export const documentBodySchema = z.strictObject({
  content: z
    .union([z.string(), z.strictObject({ base64: base64Schema })])
    .meta({ description: "Text, or bytes such as those of a PDF" }),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+(?:\s*;.*)?$/u, "a media type, such as text/markdown")
    .max(bounds.contentTypeLengthMax)
    .optional(),
  metadata: metadataSchema.default({}),
  permissions: permissionsBodySchema
    .optional()
    .meta({ description: "Left out, the source's configuration decides" }),
  tenant: z.string().min(1).max(bounds.nameLengthMax).optional(),
  archived: z.boolean().default(false),
  sourceTime: z.iso.datetime({ offset: true }).optional(),
});
export type DocumentBody = z.output<typeof documentBodySchema>;

export const documentPatchSchema = z
  .strictObject({
    metadata: metadataSchema.optional(),
    permissions: permissionsBodySchema.optional(),
  })
  .refine(
    ({ metadata, permissions }) => (metadata === undefined) !== (permissions === undefined),
    "one of metadata and permissions, which replaces it whole",
  );

export const lineSchema = z.strictObject({
  key: z.string().min(1),
  ...documentBodySchema.shape,
});

/** @throws RequestError for a tenant that this key may not write. */
export function pushedOf(key: string, body: DocumentBody, rights: Rights): PushedDocument {
  const { content, permissions, sourceTime } = body;
  return {
    key,
    // A lone half of a surrogate pair would be stored as another text than was hashed.
    content: typeof content === "string" ? { text: content.toWellFormed() } : content,
    contentType: body.contentType ?? null,
    metadata: body.metadata,
    permissions: permissions === undefined ? null : permissionsOf(permissions),
    tenant: tenantToWrite(rights, body.tenant ?? null),
    archived: body.archived,
    sourceTimeMs: sourceTime === undefined ? null : Date.parse(sourceTime),
  };
}

export function permissionsOf(written: "public" | readonly string[]): Permissions {
  return written === "public" ? { kind: "public" } : { kind: "only", principals: written };
}
