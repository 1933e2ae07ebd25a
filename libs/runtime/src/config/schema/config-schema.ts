/** The whole config file. The schema is the type, the editor's schema and the reference. */
import { z } from "zod";
import { section } from "../structure.ts";
import { auditSchema } from "./audit.ts";
import { embeddersSchema } from "./embedders.ts";
import { generationsSchema } from "./generations.ts";
import { logSchema } from "./log.ts";
import { defaultObjectives, objectivesSchema } from "./objectives.ts";
import { probesSchema } from "./probe.ts";
import { sentinelsSchema } from "./sentinels.ts";
import { serverSchema } from "./server.ts";
import { completeSource, defaultsSchema, sourcesSchema } from "./sources.ts";
import { tenantsSchema } from "./tenants.ts";
import { indexSchema } from "./vector-index.ts";
import { vectorsSchema } from "./vectors.ts";

export const configVersion = 1;

export const configSchema = section({
  version: z
    .literal(configVersion)
    .meta({ description: "Version of this grammar; others are refused" }),
  vectors: vectorsSchema.prefault({}),
  embedders: embeddersSchema.prefault({}),
  generations: generationsSchema.prefault({}),
  defaults: defaultsSchema.prefault({}),
  sources: sourcesSchema.prefault({}),
  tenants: tenantsSchema.prefault({}),
  objectives: objectivesSchema.prefault(defaultObjectives),
  audit: auditSchema.prefault({}),
  sentinels: sentinelsSchema.prefault({}),
  probes: probesSchema.prefault({}),
  log: logSchema.prefault({ kind: "sqlite" }),
  index: indexSchema.prefault({ kind: "sqlite" }),
  server: serverSchema.prefault({}),
})
  .transform((written) => ({
    ...written,
    sources: Object.fromEntries(
      Object.entries(written.sources).map(([name, source]) => [
        name,
        completeSource(name, source, written.defaults),
      ]),
    ),
  }))
  .meta({ title: "Tidemark configuration" });

export type Config = z.output<typeof configSchema>;
