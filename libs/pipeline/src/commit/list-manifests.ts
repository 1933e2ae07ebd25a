/** Pages of manifests in the order of their keys' UTF-8 bytes, for an index that has no such order. */
import { compareKeys, keyOf, type DocumentId, type Manifest } from "@tidemark/domain";
import type { ListedManifest } from "../ports/vector-index.ts";

/** The first manifests after an id, of one source's in any order. */
export function firstManifests(
  manifests: readonly Manifest[],
  range: { readonly after: DocumentId | null; readonly limit: number },
): readonly Manifest[] {
  const { after } = range;
  return manifests
    .filter(({ documentId }) => after === null || compareIds(documentId, after) > 0)
    .sort((a, b) => compareIds(a.documentId, b.documentId))
    .slice(0, range.limit);
}

function compareIds(a: DocumentId, b: DocumentId): number {
  return compareKeys(keyOf(a), keyOf(b));
}

export function listedManifest({ documentId, seen }: Manifest): ListedManifest {
  return {
    documentId,
    deleted: seen.deleted,
    sourceDigest: seen.sourceDigest,
    revision: seen.revision,
    seenAtMs: seen.seenAtMs,
  };
}
