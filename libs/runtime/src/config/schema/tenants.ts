import type { z } from "zod";
import { count, flag } from "../fields.ts";
import { section } from "../structure.ts";

export const tenantsSchema = section({
  required: flag('A write or search that names no tenant is refused, never "all tenants"').prefault(
    false,
  ),
  quota: section({
    documents: count({ about: "Documents of a tenant at most", example: "1M" }).optional(),
    tokensPerDay: count({
      about: "Tokens a tenant embeds a day at most",
      example: "50M",
    }).optional(),
    searchesPerSecond: count({
      about: "Searches of a tenant a second at most",
      example: "20",
    }).optional(),
  })
    .transform(({ documents, tokensPerDay, searchesPerSecond }) => ({
      documentsMax: documents,
      tokensPerDayMax: tokensPerDay,
      searchesPerSecondMax: searchesPerSecond,
    }))
    .prefault({})
    .meta({ description: "Bounds of each tenant; this version does not run them" }),
}).meta({ description: "Who shares this index without seeing one another" });

export type TenantsConfig = z.output<typeof tenantsSchema>;
