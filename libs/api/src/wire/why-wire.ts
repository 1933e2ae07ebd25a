import { receiptOutcomes, stageNames } from "@tidemark/domain";
import type { WhyReport } from "@tidemark/pipeline";
import { z } from "zod";
import { withIsoInstants } from "../instants.ts";
import { deadLetterSchema } from "./dead-letter-wire.ts";
import { manifestToWire, manifestWireSchema, revisionSchema } from "./manifest-wire.ts";

const instant = z.iso.datetime();

export const whySchema = z.object({
  documentId: z.string(),
  standing: z.enum([
    "searchable",
    "waiting",
    "deleted",
    "archived",
    "failed",
    "unreadable",
    "empty",
    "neverSeen",
    "filtered",
    "held",
    "denied",
    "superseded",
  ]),
  explanation: z.string(),
  generation: z.string(),
  manifest: manifestWireSchema.nullable(),
  receipts: z.array(
    z.object({
      documentId: z.string(),
      source: z.string(),
      tenant: z.string(),
      generation: z.string().nullable(),
      stage: z.enum(stageNames),
      outcome: z.enum(receiptOutcomes),
      reason: z.string(),
      revision: revisionSchema,
      change: z.enum(["content", "restriction"]),
      sourceTime: instant.nullable(),
      observedAt: instant.nullable(),
      at: instant,
      timings: z.record(z.string(), z.number()).meta({ description: "In milliseconds" }),
      chunks: z.object({
        kept: z.int(),
        reused: z.int(),
        embedded: z.int(),
        removed: z.int(),
        failed: z.int(),
      }),
      tokens: z.int(),
      tokensSaved: z.int(),
      trace: z.string().nullable(),
      cost: z.number(),
    }),
  ),
  mutations: z.array(
    z.object({
      revision: revisionSchema,
      kind: z.string(),
      reason: z.string(),
      observedAt: instant.nullable(),
      offset: z.int(),
    }),
  ),
  deadLetters: z.array(deadLetterSchema),
});
export type WhyWire = z.infer<typeof whySchema>;

export function whyToWire(report: WhyReport): WhyWire {
  const { manifest, receipts, mutations, deadLetters, ...verdict } = report;
  return {
    ...verdict,
    manifest: manifest && manifestToWire(manifest),
    receipts: withIsoInstants(receipts),
    mutations: withIsoInstants(mutations),
    deadLetters: withIsoInstants(deadLetters),
  };
}
