import { burnWindows, probeOutcomes } from "@tidemark/domain";
import { parts, wayStages } from "@tidemark/pipeline";
import { z } from "zod";

const instant = z.iso.datetime();
const verdict = z
  .enum(["met", "late", "breached", "unknown"])
  .meta({ description: "Late: the objective still holds. Unknown: it cannot be told" });

const kind = z.enum(["change", "restriction"]);
const burnNames = burnWindows.map(({ name }) => name);

const objectiveViewSchema = z.object({
  kind,
  tenant: z
    .string()
    .nullable()
    .meta({ description: "Null for all of the source but tenants with an objective of their own" }),
  objective: z.object({ share: z.number(), withinMs: z.number() }),
  overMs: z.number().meta({ description: "The time over which shares are counted" }),
  good: z.int().meta({ description: "Changes that were found in time" }),
  late: z.int().meta({ description: "Changes whose target passed, found or not" }),
  ratio: z.number().nullable(),
  budgetLeft: z.number().meta({
    description: "1 when nothing was late, 0 when the budget is spent, below when overspent",
  }),
  burn: z
    .record(z.enum(burnNames), z.number().nullable())
    .meta({ description: "How many times as fast as allowed the budget burns, by window" }),
  alert: z.enum(["page", "ticket"]).nullable(),
});

const pendingChangesSchema = z.object({
  pending: z.int(),
  late: z.int(),
  oldest: z
    .object({
      documentId: z.string().nullable().meta({ description: "For keys with the scope admin" }),
      tenant: z.string().nullable(),
      kind,
      since: instant,
      stage: z.enum(wayStages),
      waitsFor: z.enum(parts),
      trouble: z.string().nullable(),
    })
    .nullable(),
  stages: z.record(z.enum(wayStages), z.int()),
  tenants: z.array(z.object({ tenant: z.string(), pending: z.int(), since: instant })),
  objectives: z.array(objectiveViewSchema),
});

const embeddingAgeSchema = z
  .object({
    at: instant.meta({ description: "When this was counted" }),
    points: z.int(),
    p50Ms: z.number(),
    p90Ms: z.number(),
    p99Ms: z.number(),
    oldestMs: z.number(),
  })
  .meta({
    description: "How old vectors are: off by a quarter of itself at most, or a minute",
  });

const probeSchema = z.object({
  documentId: z.string(),
  outcome: z.enum(probeOutcomes).meta({
    description:
      "Found: and gone again when it was deleted. Late: not found in its time. Lasting: deleted, and " +
      "not gone in its time. Unanswered: nor was any search answered",
  }),
  at: instant,
  writtenAt: instant,
  lagMs: z.number().nullable().meta({ description: "From the write to the search that found it" }),
  hiddenMs: z
    .number()
    .nullable()
    .meta({ description: "From the delete to the search that no longer found it" }),
  reason: z.string().nullable().meta({ description: "For keys with the scope admin" }),
  everyMs: z.number(),
  withinMs: z.number(),
});

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
  heardUpTo: instant.nullable().meta({
    description:
      "Folders and buckets: all that events told of before can be found; less than completeUpTo says",
  }),
  observedUpTo: instant.nullable(),
  lagMs: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  objective: z.object({ share: z.number(), withinMs: z.number(), met: z.number().nullable() }),
  pendingChanges: pendingChangesSchema
    .nullable()
    .meta({ description: "Null when whoever counts changes has said nothing lately" }),
  tenants: z
    .array(
      z.object({
        tenant: z.string(),
        completeUpTo: instant.nullable(),
        lagMs: z.number().nullable(),
      }),
    )
    .meta({ description: "Those with objectives of their own that the key may ask for" }),
  embeddingAge: embeddingAgeSchema.nullable().meta({
    description: "Null of no vectors, and when whoever counts has said nothing lately",
  }),
  probe: probeSchema
    .nullable()
    .meta({ description: "The last round of the source's probe; null where it has none" }),
  verdict,
});
export type SourceFreshnessWire = z.infer<typeof sourceFreshnessSchema>;

export const freshnessSchema = z.object({
  at: instant,
  verdict,
  sources: z.array(sourceFreshnessSchema),
  restrictionLagMs: z.number().nullable(),
  troubles: z
    .array(z.object({ part: z.enum(parts), trouble: z.string() }))
    .meta({ description: "Parts that do not answer, or that say what they wait for" }),
});
export type FreshnessWire = z.infer<typeof freshnessSchema>;
