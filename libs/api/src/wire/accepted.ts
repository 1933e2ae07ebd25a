import { encodeWriteToken } from "@tidemark/domain";
import type { Accepted } from "@tidemark/pipeline";
import { z } from "zod";

export const acceptedSchema = z.object({
  documentId: z.string(),
  token: z.string().meta({ description: "For `after` of a search that must see this write" }),
});
export type AcceptedWire = z.infer<typeof acceptedSchema>;

export function acceptedToWire(accepted: Accepted): AcceptedWire {
  return { documentId: accepted.documentId, token: encodeWriteToken(accepted) };
}
