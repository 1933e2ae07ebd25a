/** What a search found → the answer, with the provenance of every hit. */
import { encodeWriteToken, metadataSchema } from "@tidemark/domain";
import type { AwaitedWrite, SearchHit, SearchResponse } from "@tidemark/pipeline";
import { z } from "zod";
import { iso, isoOrNull } from "../instants.ts";
import { revisionSchema } from "./manifest-wire.ts";

const instant = z.iso.datetime();

export const searchHitSchema = z.object({
  documentId: z.string(),
  source: z.string(),
  key: z.string(),
  score: z.number(),
  title: z.string().nullable(),
  heading: z.array(z.string()).meta({ description: "Headings above the chunk, outermost first" }),
  ordinal: z.int(),
  chunkCount: z.int(),
  snippet: z.string(),
  text: z.string(),
  metadata: metadataSchema,
  tenant: z.string(),
  revision: revisionSchema,
  seenRevision: revisionSchema,
  stale: z.boolean().meta({ description: "A newer revision is known and not searchable yet" }),
  contentHash: z.string(),
  chunkId: z.string(),
  fingerprint: z.string(),
  model: z.string(),
  dimension: z.int(),
  chunker: z.string(),
  metadataSchemaVersion: z.int(),
  generation: z.string(),
  createdAt: instant,
  updatedAt: instant,
  embeddedAt: instant,
  sourceTime: instant.nullable(),
});
export type SearchHitWire = z.infer<typeof searchHitSchema>;

export const awaitedSchema = z.object({
  documentId: z.string(),
  token: z.string(),
  status: z.enum(["visible", "pending", "superseded", "failed"]),
  reason: z.string().nullable(),
});

export const searchResponseSchema = z.object({
  results: z.array(searchHitSchema),
  complete: z
    .boolean()
    .meta({ description: "False when a bound ended the search before its limit or the end" }),
  incompleteReason: z.string().nullable(),
  completeUpTo: instant
    .nullable()
    .meta({ description: "Every change up to this time can be found; null when it is not known" }),
  sources: z.array(
    z.object({
      source: z.string(),
      completeUpTo: instant.nullable(),
      restrictionsLate: z.boolean(),
    }),
  ),
  generation: z.string(),
  after: z.array(awaitedSchema),
  restrictionsLate: z.boolean().meta({
    description: "Whether a delete or a narrowing may not hold yet though its objective has passed",
  }),
});
export type SearchResponseWire = z.infer<typeof searchResponseSchema>;

export function searchResponseToWire(response: SearchResponse): SearchResponseWire {
  return {
    results: response.results.map(hitToWire),
    complete: response.complete,
    incompleteReason: response.incompleteReason,
    completeUpTo: isoOrNull(response.completeUpToMs),
    sources: response.completeUpTo.map(({ source, completeUpToMs }) => ({
      source,
      completeUpTo: isoOrNull(completeUpToMs),
      restrictionsLate: response.restrictionsLate.includes(source),
    })),
    generation: response.generation,
    after: response.after.map(awaitedToWire),
    restrictionsLate: response.restrictionsLate.length > 0,
  };
}

function hitToWire(hit: SearchHit): SearchHitWire {
  const { createdAtMs, updatedAtMs, embeddedAtMs, sourceTimeMs, ...rest } = hit;
  return {
    ...rest,
    heading: [...hit.heading],
    createdAt: iso(createdAtMs),
    updatedAt: iso(updatedAtMs),
    embeddedAt: iso(embeddedAtMs),
    sourceTime: isoOrNull(sourceTimeMs),
  };
}

function awaitedToWire({ documentId, revision, status, reason }: AwaitedWrite) {
  return { documentId, token: encodeWriteToken({ documentId, revision }), status, reason };
}
