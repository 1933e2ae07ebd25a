import { z } from "zod";
import { flag, text } from "../fields.ts";
import { leaf } from "../leaf.ts";
import { either, listOf, mapOf, section } from "../structure.ts";
import { permissionsSchema, tenantSchema } from "./policy.ts";

export const globsSchema = (example: string) =>
  listOf(text({ example: '"**/*.md"', form: "pattern" }), example);

const scalarSchema = leaf<string | number | boolean>(
  { example: "hr", form: "value", schema: { type: ["string", "number", "boolean"] } },
  (written) => written,
);

export const metadataSchema = mapOf(
  either([scalarSchema, listOf(scalarSchema, "[hr, legal]", 256)], {
    what: "{value} is neither a value nor a list of values",
    why: "searches filter by equality and range",
    fix: "write a text, a number, true, false, or a list of these",
  }),
  /^[^\0]{1,128}$/u,
  { what: "{key} is not a field", why: "a field is 1 to 128 characters", fix: "write area: hr" },
).meta({ description: "Fields that searches can filter by" });

const ruleSchema = section({
  match: text({ about: "A pattern over the document's key", example: '"hr/**"', form: "pattern" }),
  permissions: permissionsSchema.optional(),
  metadata: metadataSchema.optional(),
  tenant: tenantSchema.optional(),
  archived: flag("Hidden from search, and kept").optional(),
});

export const rulesSchema = listOf(
  ruleSchema,
  '[{ match: "hr/**", permissions: ["group:hr"] }]',
).meta({ description: "The first that matches wins; front matter wins over rules" });

export type RuleConfig = z.output<typeof ruleSchema>;
