/** What the sentinels found. */
import { driftCauses } from "@tidemark/domain";
import { z } from "zod";

const instant = z.iso.datetime();
const share = z.number().min(0).max(1).nullable();

export const sentinelsSchema = z.object({
  everyMs: z.number(),
  generations: z.array(
    z.object({
      generation: z.string(),
      state: z.string(),
      baselineAt: instant
        .nullable()
        .meta({ description: "When the vectors that are compared with were made" }),
      isBaselineLate: z.boolean().meta({
        description: "Taken when the generation was not young: what came before is not known",
      }),
      ranAt: instant.nullable(),
      tookMs: z.number().nullable(),
      sentinels: z.int(),
      distances: z.array(z.object({ quantile: z.number(), distance: z.number().nullable() })).meta({
        description: "Cosine distances: up to 0.005 is fine, 0.02 to be looked into, 0.05 severe",
      }),
      questions: z.int(),
      overlap: share.meta({
        description: "Top 10 in common with the run before: 0.85 is healthy, below 0.7 is a loss",
      }),
      recall: share.meta({ description: "True neighbours that a search finds" }),
      findings: z.array(
        z.object({
          cause: z.enum(driftCauses),
          severity: z.enum(["slight", "investigate", "severe"]),
          detail: z.string(),
          since: instant,
        }),
      ),
    }),
  ),
});
export type SentinelsWire = z.infer<typeof sentinelsSchema>;
