import { z } from "zod";
import { count, size } from "../fields.ts";
import { section } from "../structure.ts";
import { holdSchema, whenLateSchema, windowSchema } from "./pace.ts";
import { permissionsSchema, tenantSchema } from "./policy.ts";

export const pushSourceSchema = section({
  kind: z.literal("push").meta({ description: "Documents put over HTTP" }),
  tenant: tenantSchema.optional(),
  permissions: permissionsSchema.optional(),
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
  whenRestrictionsLate: whenLateSchema.optional(),
  quota: section({
    documents: count({ about: "Documents at most", example: "1M" }).optional(),
    content: size({ about: "A document's content at most", example: "8MiB" }).optional(),
    changesPerSecond: count({ about: "Changes a second at most", example: "100" }).optional(),
  })
    .transform(({ documents, content, changesPerSecond }) => ({
      documentsMax: documents,
      contentBytesMax: content,
      changesPerSecondMax: changesPerSecond,
    }))
    .prefault({})
    .meta({ description: "What is refused with 413 or 429" }),
}).meta({
  description:
    "`PUT /v1/sources/{source}/documents/{key}`: kept in the log, since there is no other copy",
});
