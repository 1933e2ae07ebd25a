/** A manifest as it is stored, and back. */
import { isNewer, packDigests, standingOf, unpackDigests, type Manifest } from "@tidemark/domain";
import { encodeAudience } from "./audience.ts";
import type { ManifestRow, StoredManifest } from "./manifest-operations.ts";

/** The copies of policy and metadata are joined, not copied, so they are always those seen. */
export function manifestRow(manifest: Manifest): ManifestRow {
  const { seen, indexed } = manifest;
  const standing = standingOf(manifest);
  return {
    id: manifest.documentId,
    token: manifest.token,
    source: manifest.source,
    standing,
    archived: seen.archived && !seen.deleted,
    failed: isFailed(manifest),
    pending: isPending(manifest),
    observedAtMs: seen.observedAtMs,
    chunks: indexed?.live.length ?? 0,
    seenEpoch: seen.revision.epoch,
    seenPosition: seen.revision.position,
    seenAtMs: seen.seenAtMs,
    deleted: seen.deleted,
    sourceDigest: seen.sourceDigest,
    policies:
      standing === "searchable" && indexed ? encodeAudience([seen.policy, indexed.policy]) : null,
    manifest: JSON.stringify({
      ...manifest,
      copied: seen.revision,
      indexed: indexed && { ...indexed, live: [] },
    }),
    live: packDigests(indexed?.live ?? []),
  };
}

export function manifestFrom(stored: StoredManifest): Manifest {
  const manifest = JSON.parse(stored.manifest) as Manifest;
  const { indexed } = manifest;
  return indexed
    ? { ...manifest, indexed: { ...indexed, live: unpackDigests(stored.live) } }
    : manifest;
}

function isFailed({ seen, failure }: Manifest): boolean {
  return !seen.deleted && failure !== null && !isNewer(seen.revision, failure.revision);
}

/** A document that is hidden waits for nothing, nor does one whose newest revision has failed. */
function isPending(manifest: Manifest): boolean {
  const { seen, indexed } = manifest;
  if (seen.deleted || seen.archived || seen.policy.permissions.kind === "unknown") return false;
  if (isFailed(manifest)) return false;
  return !indexed || isNewer(seen.revision, indexed.revision);
}
