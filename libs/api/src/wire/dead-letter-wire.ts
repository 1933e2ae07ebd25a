import { z } from "zod";
import { revisionSchema } from "./manifest-wire.ts";

export const deadLetterSchema = z.object({
  id: z.string(),
  documentId: z.string(),
  stage: z.string(),
  generation: z.string().nullable(),
  reason: z.string(),
  message: z.string(),
  attempts: z.int(),
  at: z.iso.datetime(),
  revision: revisionSchema.nullable(),
  chunk: z.string().nullable(),
});
export type DeadLetterWire = z.infer<typeof deadLetterSchema>;
