import { z } from "zod";

const instant = z.iso.datetime();
const verdict = z
  .enum(["met", "late", "breached", "unknown"])
  .meta({ description: "Late: the objective still holds. Unknown: it cannot be told" });

export const sourceFreshnessSchema = z.object({
  source: z.string(),
  kind: z.string(),
  documents: z.int(),
  searchable: z.int(),
  chunks: z.int(),
  pending: z.int(),
  oldestPending: instant.nullable(),
  held: z.int().meta({ description: "Deletes that wait for a person" }),
  blocked: z.int().meta({ description: "Documents that are there and cannot be read now" }),
  failed: z.int(),
  completeUpTo: instant.nullable(),
  observedUpTo: instant.nullable(),
  lagMs: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  objective: z.object({ share: z.number(), withinMs: z.number(), met: z.number().nullable() }),
  verdict,
});
export type SourceFreshnessWire = z.infer<typeof sourceFreshnessSchema>;

export const freshnessSchema = z.object({
  at: instant,
  verdict,
  sources: z.array(sourceFreshnessSchema),
  restrictionLagMs: z.number().nullable(),
});
export type FreshnessWire = z.infer<typeof freshnessSchema>;
