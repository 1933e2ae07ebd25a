/** The body of a search → what is asked, in the name of whoever asks. */
import {
  decodeWriteToken,
  filterSchema,
  type GenerationId,
  type WriteToken,
} from "@tidemark/domain";
import { RequestError, type SearchRequest } from "@tidemark/pipeline";
import { z } from "zod";
import { principalsToAsk, requireSource, sourcesToAsk, tenantToAsk } from "../auth/rights.ts";
import type { Rights } from "../auth/rights.ts";
import { bounds } from "../bounds.ts";
import { addressOfId, sourceSchema } from "../document-address.ts";

const nameSchema = z.string().min(1).max(bounds.nameLengthMax);
const tokenSchema = z.string().min(1).max(bounds.tokenLengthMax);

export const searchBodySchema = z.strictObject({
  query: z
    .string()
    .max(bounds.queryLengthMax)
    .refine((query) => query.trim() !== "", "the query is empty"),
  limit: z.int().min(1).max(bounds.searchLimitMax).default(bounds.searchLimitDefault),
  per: z
    .enum(["document", "chunk"])
    .default("document")
    .meta({ description: "One hit a document, its best chunk; or every chunk by itself" }),
  filter: filterSchema
    .refine(
      (filter) => Object.keys(filter).length <= bounds.filterFieldsMax,
      `at most ${bounds.filterFieldsMax} fields`,
    )
    .default({})
    .meta({ description: "Conditions on metadata fields, and on `source`; all are to be met" }),
  sources: z.array(sourceSchema).min(1).max(bounds.sourcesMax).optional(),
  tenant: nameSchema.optional(),
  principals: z.array(z.string().min(1).max(512)).max(bounds.principalsMax).optional(),
  after: z
    .union([tokenSchema, z.array(tokenSchema).max(bounds.afterTokensMax)])
    .default([])
    .meta({ description: "Tokens that writes answered, to be visible before the search" }),
  waitMs: z.int().min(0).max(bounds.waitMsMax).default(0),
  generation: nameSchema.optional(),
  preferCurrent: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta({ description: "How much a pending newer revision lowers a hit's score" }),
  exact: z
    .boolean()
    .default(false)
    .meta({ description: "Compares with every point: slower, and no neighbour is overlooked" }),
});
export type SearchBody = z.output<typeof searchBodySchema>;

/** @throws RequestError for a token that is none, and for what the asker may not ask. */
export function searchRequestOf(
  body: SearchBody,
  { rights, signal }: { readonly rights: Rights; readonly signal: AbortSignal },
): SearchRequest {
  return {
    query: body.query.toWellFormed(),
    limit: body.limit,
    per: body.per,
    filter: body.filter,
    sources: sourcesToAsk(rights, body.sources ?? null),
    tenant: tenantToAsk(rights, body.tenant ?? null),
    principals: principalsToAsk(rights, body.principals ?? null),
    after: [body.after].flat().map((text) => tokenOf(text, rights)),
    waitMs: body.waitMs,
    generation: (body.generation ?? null) as GenerationId | null,
    preferCurrent: body.preferCurrent,
    exact: body.exact,
    signal,
  };
}

function tokenOf(text: string, rights: Rights): WriteToken {
  const token = decodeWriteToken(text);
  if (!token) {
    throw new RequestError(400, "invalid-token", "`after` takes tokens as writes answer them");
  }
  requireSource(rights, addressOfId(token.documentId).source);
  return token;
}
