/** Rehearsals of runbooks: when each was last practised, and what came of it. */
import { rehearsalOutcomes, runbookNames } from "@tidemark/domain";
import { z } from "zod";
import { bounds } from "../bounds.ts";

const short = z.string().max(bounds.nameLengthMax);
const instant = z.iso.datetime();

export const rehearsalSchema = z.strictObject({
  runbook: z.enum(runbookNames),
  outcome: z.enum(rehearsalOutcomes),
  reason: z.string().max(bounds.rehearsalTextMax).nullable(),
  startedAt: instant,
  endedAt: instant,
  documents: z.int().min(0).meta({ description: "Documents of the copy it ran on" }),
  damaged: z.int().min(0).meta({ description: "Of those, that were damaged for it" }),
  steps: z
    .array(
      z.object({
        step: short,
        outcome: short,
        tookMs: z.number().min(0),
        detail: z.string().max(bounds.rehearsalTextMax),
      }),
    )
    .max(bounds.rehearsalStepsMax),
});
export type RehearsalWire = z.infer<typeof rehearsalSchema>;

export const rehearsalsSchema = z.object({ rehearsals: z.array(rehearsalSchema) });
export type RehearsalsWire = z.infer<typeof rehearsalsSchema>;
