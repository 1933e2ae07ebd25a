/** Bodies and answers of what an operator asks. */
import { auditVerdicts, rehearsalOutcomes, runbookNames } from "@tidemark/domain";
import { z } from "zod";
import { bounds } from "../bounds.ts";
import { sourceSchema } from "../document-address.ts";
import { sourceFreshnessSchema } from "./freshness-wire.ts";

export const statusSchema = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  dataDirectory: z.string().nullable(),
  generations: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      fingerprint: z.string(),
      model: z.string(),
      dimension: z.int(),
      chunker: z.string(),
      progress: z.number().nullable(),
    }),
  ),
  sources: z.array(sourceFreshnessSchema),
  stages: z.array(
    z.object({
      stage: z.string(),
      generation: z.string().nullable(),
      waiting: z.int(),
      state: z.string(),
    }),
  ),
  deadLetters: z.int(),
  embedder: z.object({ model: z.string(), queued: z.int() }),
  problems: z.array(z.string()),
  audits: z.array(
    z.object({
      source: z.string(),
      verdict: z.enum(auditVerdicts),
      endedAt: z.iso.datetime(),
      faulty: z.int(),
      undecided: z.int(),
      setAside: z.int(),
    }),
  ),
  rehearsals: z.array(
    z.object({
      runbook: z.enum(runbookNames),
      outcome: z.enum(rehearsalOutcomes),
      endedAt: z.iso.datetime(),
    }),
  ),
});
export type StatusWire = z.infer<typeof statusSchema>;

export const planSchema = z.object({
  needed: z.boolean(),
  current: z.string().nullable(),
  currentFingerprint: z.string().nullable(),
  wantedFingerprint: z.string(),
  changes: z.array(z.object({ what: z.string(), from: z.string(), to: z.string() })),
  documents: z.int(),
  chunks: z.int(),
  tokens: z.int(),
  bytes: z.int(),
  price: z.object({ amount: z.number(), currency: z.string() }).nullable(),
  minutes: z.number().nullable(),
  building: z.object({ generation: z.string(), share: z.number() }).nullable(),
});
export type PlanWire = z.infer<typeof planSchema>;

const generationSchema = z.string().min(1).max(bounds.nameLengthMax);
const perSecondSchema = z
  .number()
  .positive()
  .max(bounds.perSecondMax)
  .nullable()
  .meta({ description: "Documents a second at most; null for no bound" });

export const replayBodySchema = z.strictObject({
  source: sourceSchema.optional(),
  document: z.string().max(bounds.pathLengthMax).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  generation: generationSchema.optional().meta({ description: "Left out: the active one" }),
  dryRun: z.boolean().default(true).meta({ description: "Only say what would be handled again" }),
  force: z.boolean().default(false),
  perSecond: perSecondSchema.optional(),
});

export const replaySchema = z.object({
  id: z.string().nullable().meta({ description: "Of what was started; null for a dry run" }),
  generation: z.string(),
  dryRun: z.boolean(),
  documents: z.int(),
  records: z.int(),
  bytes: z.int(),
  started: z.boolean(),
});
export type ReplayWire = z.infer<typeof replaySchema>;

export const replayViewSchema = z.object({
  id: z.string(),
  generation: z.string(),
  source: z.string().nullable(),
  document: z.string().nullable(),
  since: z.iso.datetime().nullable(),
  force: z.boolean(),
  state: z.enum(["running", "paused", "cancelled", "done"]),
  perSecond: z.number().nullable(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  share: z.number().meta({ description: "From 0 to 1: how much of its range is done" }),
  documents: z.int().nullable().meta({ description: "Counted when it was asked for" }),
  documentsDone: z.int(),
  leftMs: z.number().nullable().meta({ description: "At its pace; null while none is known" }),
});
export type ReplayViewWire = z.infer<typeof replayViewSchema>;

export const replaysSchema = z.object({ replays: z.array(replayViewSchema) });
export type ReplaysWire = z.infer<typeof replaysSchema>;

export const replayChangeSchema = z
  .strictObject({
    state: z.enum(["running", "paused", "cancelled"]).optional(),
    perSecond: perSecondSchema.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "name what is to change");

export const reconcileBodySchema = z.strictObject({
  source: sourceSchema.optional().meta({ description: "Left out: every source" }),
  confirm: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .meta({ description: "Apply deletes that are held, up to so many: the number that was shown" }),
});

export const reconcileSchema = z.object({
  reports: z.array(
    z.object({
      source: z.string(),
      listed: z.int(),
      missing: z.int(),
      stale: z.int(),
      orphaned: z.int(),
      held: z.int(),
      heldReason: z.string().nullable(),
      applied: z.int(),
      tookMs: z.number(),
    }),
  ),
});
export type ReconcileWire = z.infer<typeof reconcileSchema>;

export const backupBodySchema = z.strictObject({
  path: z
    .string()
    .max(bounds.pathLengthMax)
    .regex(/^(?:\/|[A-Za-z]:\\)[^\0]+$/u, "an absolute path on the machine of the process"),
});
export const backupSchema = z.object({ path: z.string(), bytes: z.number() });
export type BackupWire = z.infer<typeof backupSchema>;

export const doctorSchema = z.object({
  findings: z.array(
    z.object({
      check: z.string(),
      verdict: z.enum(["ok", "warn", "fail"]),
      detail: z.string(),
      fix: z.string().nullable(),
    }),
  ),
});
export type DoctorWire = z.infer<typeof doctorSchema>;
