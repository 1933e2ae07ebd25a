/**
 * A manifest as a record without a vector. It is kept whole as text, so that it comes back as it
 * was written; beside that stands what conditions and counts are about, and the list of live points
 * in 8 bytes each.
 */
import {
  packDigests,
  unpackDigests,
  type DocumentId,
  type GenerationId,
  type Manifest,
} from "@tidemark/domain";
import { tallyOf, type ListedManifest, type ManifestTally } from "@tidemark/pipeline";
import type { NewRecord, Payload } from "./exact-api.ts";
import { manifestRecordId } from "./record-id.ts";

export function manifestRecord(generation: GenerationId, manifest: Manifest): NewRecord {
  const { seen, indexed } = manifest;
  const tally = tallyOf(manifest);
  return {
    id: manifestRecordId(generation, manifest.documentId),
    vector: {},
    payload: {
      kind: "manifest",
      document: manifest.documentId.toWellFormed(),
      source: manifest.source,
      token: manifest.token,
      tally: tallyText(tally),
      ...(tally.pending ? { pendingSinceMs: Math.floor(seen.observedAtMs) } : {}),
      seenEpoch: seen.revision.epoch,
      seenPosition: seen.revision.position,
      indexedEpoch: indexed?.revision.epoch ?? null,
      indexedPosition: indexed?.revision.position ?? null,
      deleted: seen.deleted,
      sourceDigest: seen.sourceDigest,
      seenAtMs: seen.seenAtMs,
      manifest: JSON.stringify({ ...manifest, indexed: indexed && { ...indexed, live: [] } }),
      live: Buffer.from(packDigests(indexed?.live ?? [])).toString("base64"),
    },
  };
}

/** The fields that a manifest comes back from. */
export const wholeManifest = ["manifest", "live"] as const;

export function manifestFrom(payload: Payload): Manifest {
  const { manifest: text, live: packed } = payload as Readonly<Record<"manifest" | "live", string>>;
  const manifest = JSON.parse(text) as Manifest;
  const { indexed } = manifest;
  if (!indexed) return manifest;
  return {
    ...manifest,
    indexed: { ...indexed, live: unpackDigests(Buffer.from(packed, "base64")) },
  };
}

export const listedFields = [
  "document",
  "deleted",
  "sourceDigest",
  "seenEpoch",
  "seenPosition",
  "seenAtMs",
] as const;

export function listedFrom(payload: Payload): ListedManifest {
  const stored = payload as unknown as {
    readonly document: DocumentId;
    readonly deleted: boolean;
    readonly sourceDigest: string | null;
    readonly seenEpoch: number;
    readonly seenPosition: number;
    readonly seenAtMs: number;
  };
  return {
    documentId: stored.document,
    deleted: stored.deleted,
    sourceDigest: stored.sourceDigest,
    revision: { epoch: stored.seenEpoch, position: stored.seenPosition },
    seenAtMs: stored.seenAtMs,
  };
}

/** A manifest's size as a body has it, near enough to bound a request. */
export function manifestBytes({ payload }: NewRecord): number {
  const { manifest, live } = payload as { readonly manifest: string; readonly live: string };
  return manifest.length * 2 + live.length;
}

const flags = ["deleted", "archived", "searchable", "failed", "pending"] as const;

/** Equal for manifests that count alike: such as `files|3|searchable|12`. */
export function tallyText(tally: ManifestTally): string {
  const set = flags.filter((flag) => tally[flag]);
  return [tally.source, tally.epoch, set.join(" "), tally.chunks].join("|");
}

export function tallyFrom(text: string): ManifestTally {
  const [source = "", epoch = "", set = "", chunks = ""] = text.split("|");
  const has = new Set(set.split(" "));
  return {
    source: source as ManifestTally["source"],
    epoch: Number(epoch),
    deleted: has.has("deleted"),
    archived: has.has("archived"),
    searchable: has.has("searchable"),
    failed: has.has("failed"),
    pending: has.has("pending"),
    chunks: Number(chunks),
  };
}
