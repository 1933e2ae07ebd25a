import { z } from "zod";
import { duration, flag, path } from "../fields.ts";
import { section } from "../structure.ts";
import { holdSchema, whenLateSchema, windowSchema } from "./pace.ts";
import { permissionsSchema, tenantSchema } from "./policy.ts";
import { keyProbeSchema } from "./probe.ts";
import { globsSchema, rulesSchema } from "./rules.ts";

export const folderExtensions = ["md", "markdown", "txt", "html", "htm", "pdf", "docx"] as const;

export const folderInclude = [`**/*.{${folderExtensions.join(",")}}`];
export const folderExclude = ["**/.*", "**/.*/**", "**/node_modules/**"];

export const folderSourceSchema = section({
  kind: z.literal("folder").meta({ description: "A folder of files" }),
  path: path({ about: "The folder, relative to this file", example: "./handbook" }),
  tenant: tenantSchema.optional(),
  include: globsSchema('["**/*.md", "**/*.pdf"]')
    .prefault(folderInclude)
    .meta({ description: "Patterns of the files to take" }),
  exclude: globsSchema('["drafts/**"]')
    .prefault(folderExclude)
    .meta({ description: "Patterns of the files to leave; they win over `include`" }),
  watch: flag("Follow changes as they happen; the scan finds what that missed").prefault(true),
  scan: duration({
    about:
      "The whole folder is compared at least this often; more often while that takes little time",
    example: "5m",
    least: 1000,
  }).prefault("5m"),
  permissions: permissionsSchema.optional(),
  rules: rulesSchema.prefault([]),
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
  whenRestrictionsLate: whenLateSchema.optional(),
  probe: keyProbeSchema.optional(),
})
  .transform(({ scan, ...rest }) => ({ ...rest, scanMs: scan }))
  .meta({ description: "A folder: watched, and scanned for what watching missed" });
