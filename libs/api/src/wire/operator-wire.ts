/** Bodies and answers of what an operator asks. */
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

export const replayBodySchema = z.strictObject({
  source: sourceSchema.optional(),
  document: z.string().max(bounds.pathLengthMax).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  dryRun: z.boolean().default(true).meta({ description: "Only say what would be handled again" }),
  force: z.boolean().default(false),
});

export const replaySchema = z.object({
  dryRun: z.boolean(),
  documents: z.int(),
  records: z.int(),
  bytes: z.int(),
  started: z.boolean(),
});
export type ReplayWire = z.infer<typeof replaySchema>;

export const reconcileBodySchema = z.strictObject({
  source: sourceSchema.optional().meta({ description: "Left out: every source" }),
  confirm: z.boolean().default(false).meta({ description: "Apply deletes that were held" }),
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
