/** What an audit is asked, and its dated certificates. */
import { auditFaults, auditSides, auditVerdicts } from "@tidemark/domain";
import { z } from "zod";
import { bounds } from "../bounds.ts";
import { sourceSchema } from "../document-address.ts";

export const auditBodySchema = z.strictObject({
  source: sourceSchema.optional().meta({ description: "Left out: every source" }),
  sample: z.int().min(0).max(bounds.auditSampleMax).optional().meta({
    description: "Vectors to make again, of each source; left out: as configured",
  }),
  repair: z.boolean().default(false).meta({ description: "Have what is found mended" }),
  documents: z
    .array(z.string().max(bounds.pathLengthMax))
    .min(1)
    .max(bounds.auditDocumentsMax)
    .optional()
    .meta({
      description: "These alone, with every vector of each; no certificate of a source comes of it",
    }),
  thorough: z.boolean().default(false).meta({
    description:
      "Make every vector of each document in the sample again, and cut its content again",
  }),
  examples: z.int().min(0).max(bounds.auditExamplesMax).optional().meta({
    description: "Faulty documents to name; left out: some",
  }),
  dryRun: z.boolean().default(false).meta({ description: "Only say what would be mended" }),
});

const everySide = Object.fromEntries(auditSides.map((side) => [side, z.string()])) as Record<
  (typeof auditSides)[number],
  z.ZodString
>;
const everyFault = Object.fromEntries(auditFaults.map((fault) => [fault, z.int()])) as Record<
  (typeof auditFaults)[number],
  z.ZodInt
>;

export const certificateSchema = z.object({
  v: z.literal(1),
  source: z.string(),
  generation: z.string(),
  fingerprint: z.string(),
  configHash: z.string(),
  beganAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  verdict: z.enum(auditVerdicts),
  isListed: z.boolean(),
  why: z.string().nullable(),
  listed: z.int(),
  logged: z.int(),
  manifests: z.int(),
  points: z.int(),
  digests: z.object(everySide),
  rangesCompared: z.int(),
  documentsRead: z.int(),
  sampled: z.int(),
  changed: z.int(),
  undecided: z.int(),
  faults: z.object(everyFault),
  faulty: z.int(),
  examples: z.array(
    z.object({ documentId: z.string(), fault: z.enum(auditFaults), detail: z.string() }),
  ),
  setAside: z
    .object({
      documents: z.int(),
      examples: z.array(
        z.object({ documentId: z.string(), reason: z.string(), message: z.string() }),
      ),
    })
    .meta({ description: "What all sides agree could not be read; no fault of the index" }),
  repair: z
    .object({
      dryRun: z.boolean(),
      refused: z.string().nullable(),
      documents: z.int(),
      restated: z.int(),
      replayed: z.int(),
      swept: z.int(),
      left: z.int(),
    })
    .nullable(),
});

export const auditSchema = z.object({ certificates: z.array(certificateSchema) });
export type AuditWire = z.infer<typeof auditSchema>;
