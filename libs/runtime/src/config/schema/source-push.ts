import { z } from "zod";
import { count, size } from "../fields.ts";
import { section } from "../structure.ts";
import { holdSchema, whenLateSchema, windowSchema } from "./pace.ts";
import { permissionsSchema, tenantSchema } from "./policy.ts";
import { unprobed } from "./probe.ts";

const shape = {
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
    .meta({ description: "What is refused with 413 or 429; this version does not run it" }),
};

export const pushSourceSchema = section(
  shape,
  unprobed("whoever pushes is the source, and what Tidemark pushes to itself proves nothing of it"),
).meta({
  description:
    "`PUT /v1/sources/{source}/documents/{key}`: kept in the log, since there is no other copy",
});
