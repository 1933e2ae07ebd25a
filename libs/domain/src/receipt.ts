/** What became of a mutation in one generation, and at what cost. */
import { z } from "zod";

export const receiptOutcomes = [
  "indexed",
  "unchanged",
  "superseded",
  "hidden",
  "deleted",
  "displaced",
  "failed",
  "held",
  "unreadable",
  "stated-again",
] as const;
export type ReceiptOutcome = (typeof receiptOutcomes)[number];

export const stageNames = ["resolver", "chunker", "upserter", "restrictor"] as const;
export type StageName = (typeof stageNames)[number];

export const receiptSchema = z.object({
  v: z.literal(1),
  documentId: z.string(),
  source: z.string(),
  tenant: z.string(),
  generation: z.string().nullable(),
  stage: z.enum(stageNames),
  outcome: z.enum(receiptOutcomes),
  reason: z.string(),
  revision: z.object({ epoch: z.int(), position: z.int() }),
  change: z.enum(["content", "restriction"]),
  sourceTimeMs: z.number().nullable(),
  observedAtMs: z.number().nullable(),
  atMs: z.number(),
  /** Time spent by part of the way, in milliseconds. */
  timings: z.record(z.string(), z.number()),
  chunks: z.object({
    kept: z.int(),
    reused: z.int(),
    embedded: z.int(),
    removed: z.int(),
    failed: z.int(),
  }),
  tokens: z.int(),
  tokensSaved: z.int(),
  /** Of the tokens saved, why: the chunk was live, equal text had a vector, nothing but payload changed. */
  saved: z.object({ unchanged: z.int(), reused: z.int(), payload: z.int() }).optional(),
  cost: z.number(),
  /** W3C trace context of whatever caused the change. */
  trace: z.string().nullable().default(null),
});
export type Receipt = Omit<z.infer<typeof receiptSchema>, "v">;

export const noChunks: Receipt["chunks"] = {
  kept: 0,
  reused: 0,
  embedded: 0,
  removed: 0,
  failed: 0,
};

export function encodeReceipt(receipt: Receipt): string {
  return JSON.stringify({ v: 1, ...receipt });
}

/** Null when the record is not readable as a receipt. */
export function decodeReceipt(value: string): Receipt | null {
  try {
    const parsed = receiptSchema.safeParse(JSON.parse(value));
    if (!parsed.success) return null;
    const { v: _v, ...receipt } = parsed.data;
    return receipt;
  } catch {
    return null;
  }
}
