/** Why a search lacks a document, as callers see it. */
import { conditionSchema, metadataSchema } from "@tidemark/domain";
import {
  lossReasons,
  parts,
  searchSteps,
  wayStages,
  type SearchWhyReport,
} from "@tidemark/pipeline";
import { z } from "zod";
import { isoOrNull } from "../instants.ts";
import { revisionSchema } from "./manifest-wire.ts";

const { known, indexed, allowed, filter, candidates, rank } = lossReasons;
const reasonNames = [...known, ...indexed, ...allowed, ...filter, ...candidates, ...rank] as const;

export const searchWhySchema = z.object({
  documentId: z.string(),
  generation: z.string(),
  step: z
    .enum(searchSteps)
    .meta({ description: "The first step of its way that lost the document, or `found`" }),
  reason: z.enum(reasonNames).nullable(),
  explanation: z.string(),
  fix: z.string().nullable(),
  revision: z.object({ seen: revisionSchema, indexed: revisionSchema.nullable() }).nullable(),
  placing: z
    .object({
      rank: z.int().nullable().meta({ description: "From 1; null beyond what is looked at" }),
      limit: z.int(),
      score: z.number(),
      lastScore: z.number().nullable().meta({ description: "Of the last one that got in" }),
      bestScore: z.number().nullable(),
    })
    .nullable(),
  unmet: z
    .object({ field: z.string(), condition: conditionSchema, value: metadataSchema.valueType })
    .nullable()
    .meta({ description: "The condition of the filter that it does not meet" }),
  nearest: z
    .object({
      ordinal: z.int(),
      chunks: z.int(),
      score: z.number(),
      heading: z.array(z.string()),
      text: z.string().nullable().meta({ description: "Null where the asker may not read it" }),
    })
    .nullable()
    .meta({ description: "Its chunk that is nearest to the question" }),
  waiting: z
    .object({
      stage: z.enum(wayStages),
      waitsFor: z.enum(parts),
      trouble: z.string().nullable(),
      since: z.iso.datetime().nullable(),
    })
    .nullable(),
  hints: z.array(z.string()),
});
export type SearchWhyWire = z.infer<typeof searchWhySchema>;

export function searchWhyToWire(report: SearchWhyReport): SearchWhyWire {
  const { hints, nearest, unmet, waiting, ...rest } = report;
  return {
    ...rest,
    nearest: nearest && { ...nearest, heading: [...nearest.heading] },
    unmet: unmet && { ...unmet, value: unmet.value ?? null },
    waiting: waiting && {
      stage: waiting.stage,
      waitsFor: waiting.waitsFor,
      trouble: waiting.trouble,
      since: isoOrNull(waiting.sinceMs),
    },
    hints: [...hints],
  };
}
