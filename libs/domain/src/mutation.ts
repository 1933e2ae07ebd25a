/**
 * A mutation says that one document changed. It is whole and normalized: a frozen envelope, which
 * every version of this code can read, and the rest. A record whose rest cannot be read still hides
 * or restricts its document; it is never skipped.
 */
import { z } from "zod";
import type { DocumentId, SourceName } from "./ids.ts";
import { metadataSchema, type Metadata } from "./metadata.ts";
import type { Permissions } from "./policy.ts";
import { positionOfOffset, type Revision } from "./revision.ts";

export const permissionsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("unknown") }),
  z.object({ kind: z.literal("public") }),
  z.object({ kind: z.literal("only"), principals: z.array(z.string().min(1).max(512)).max(4096) }),
]);

const contentSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("bytes"), base64: z.string() }),
  /** Pinned: fetched content that is no longer what the pin says means a new hint. */
  z.object({ kind: z.literal("reference"), location: z.string(), pin: z.string() }),
]);

/** Why a mutation was published. */
export const mutationReasons = ["change", "snapshot", "reconcile", "replay", "repair"] as const;

export const contentfulSchema = z.object({
  content: contentSchema,
  contentHash: z.string(),
  contentType: z.string().nullable(),
  fileName: z.string().nullable(),
  sizeBytes: z.int().nonnegative(),
});

const restSchema = z.object({
  /** When the source changed, by its own clock; null when it does not say. */
  sourceTimeMs: z.number().nullable(),
  observedAtMs: z.number(),
  reason: z.enum(mutationReasons),
  metadata: metadataSchema,
  /** The cheap state of the document in a listing, compared by the scan. */
  sourceDigest: z.string().nullable(),
  /** Absent for a delete, and for archived content that cannot be read. */
  body: contentfulSchema.nullable(),
  /** Why the document cannot be indexed as it is; it is then unreadable and says so. */
  problem: z.object({ reason: z.string(), message: z.string() }).nullable(),
  trace: z.string().nullable(),
});

/** A facet replaces one part of a pushed document whole and leaves the others. */
const facetSchema = z.discriminatedUnion("facet", [
  z.object({ facet: z.literal("metadata"), metadata: metadataSchema }),
  z.object({ facet: z.literal("permissions"), permissions: permissionsSchema }),
]);

const envelopeSchema = z.object({
  v: z.literal(1),
  source: z.string(),
  documentId: z.string(),
  kind: z.enum(["upsert", "delete", "facet"]),
  epoch: z.int().nonnegative(),
  /** Null when the record's own offset is its position, as for pushed documents. */
  position: z.int().nonnegative().nullable(),
  tenant: z.string(),
  permissions: permissionsSchema,
  archived: z.boolean(),
  rest: z.unknown(),
});

export type MutationBody = z.infer<typeof contentfulSchema>;
export type Content = z.infer<typeof contentSchema>;
export type MutationReason = (typeof mutationReasons)[number];
export type Facet = z.infer<typeof facetSchema>;
type Rest = z.infer<typeof restSchema>;

interface Envelope {
  readonly source: SourceName;
  readonly documentId: DocumentId;
  readonly revision: Revision;
  /** Where the record stands in its partition of the log. */
  readonly offset: number;
  readonly tenant: string;
  readonly permissions: Permissions;
  readonly archived: boolean;
}

export type Mutation =
  | (Envelope & Rest & { readonly kind: "upsert" })
  | (Envelope & Rest & { readonly kind: "delete" })
  | (Envelope & Rest & { readonly kind: "facet"; readonly facet: Facet })
  /** The envelope was read and the rest was not: the document is hidden until it can be. */
  | (Envelope & { readonly kind: "unreadable"; readonly problem: string });

/** What a producer knows; the offset is the log's to give. */
export type MutationDraft = Rest & {
  readonly source: SourceName;
  readonly documentId: DocumentId;
  readonly epoch: number;
  readonly position: number | null;
  readonly tenant: string;
  readonly permissions: Permissions;
  readonly archived: boolean;
} & (
    | { readonly kind: "upsert" }
    | { readonly kind: "delete" }
    | { readonly kind: "facet"; readonly facet: Facet }
  );

/** The record's key on the log: facets have keys of their own, so compaction keeps each newest. */
export function mutationKey(draft: MutationDraft): string {
  return draft.kind === "facet" ? `${draft.documentId}#${draft.facet.facet}` : draft.documentId;
}

export function encodeMutation(draft: MutationDraft): string {
  const { source, documentId, kind, epoch, position, tenant, permissions, archived, ...rest } =
    draft;
  return JSON.stringify({
    v: 1,
    source,
    documentId,
    kind,
    epoch,
    position,
    tenant,
    permissions,
    archived,
    rest,
  });
}

/**
 * Reads a record. Returns a reason when not even the envelope can be read: then nobody knows which
 * document is meant.
 */
export function decodeMutation(value: string, offset: number): Mutation | { problem: string } {
  const envelope = envelopeSchema.safeParse(parseJson(value));
  if (!envelope.success) return { problem: problemOf(envelope.error) };
  const { v: _v, epoch, position, rest, kind, source, documentId, ...frozen } = envelope.data;
  const head = {
    ...frozen,
    source: source as SourceName,
    documentId: documentId as DocumentId,
    revision: { epoch, position: position ?? positionOfOffset(offset) },
    offset,
  };
  const parsed = restSchema.safeParse(rest);
  if (!parsed.success) return { ...head, kind: "unreadable", problem: problemOf(parsed.error) };
  if (kind !== "facet") return { ...head, ...parsed.data, kind };
  const facet = facetSchema.safeParse((rest as { facet?: unknown }).facet);
  return facet.success
    ? { ...head, ...parsed.data, kind, facet: facet.data }
    : { ...head, kind: "unreadable", problem: problemOf(facet.error) };
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function problemOf(error: z.ZodError): string {
  const first = error.issues[0];
  return first ? `${first.path.join(".") || "record"}: ${first.message}` : "unreadable";
}

/** Metadata as it is kept; named so that adapters need not know the schema. */
export type { Metadata };
