/** What a manifest allows an asker to read. */
import {
  allows,
  compareRevisions,
  meetsFilter,
  type Asker,
  type Filter,
  type Manifest,
  type SourceName,
} from "@tidemark/domain";

/** Whether a newer revision is known than the one whose content is live. */
export function isStale(manifest: Manifest): boolean {
  const { seen, indexed } = manifest;
  return indexed !== null && compareRevisions(seen.revision, indexed.revision) > 0;
}

/** Both halves must allow: the newest policy known, and that of the content itself. */
export function mayRead(manifest: Manifest, asker: Asker): boolean {
  const { seen, indexed } = manifest;
  return (
    !seen.deleted &&
    !seen.archived &&
    indexed !== null &&
    indexed.live.length > 0 &&
    allows(seen.policy, asker) &&
    allows(indexed.policy, asker)
  );
}

export function passesFilter(
  manifest: Manifest,
  search: { readonly sources: readonly SourceName[] | null; readonly filter: Filter },
): boolean {
  if (search.sources && !search.sources.includes(manifest.source)) return false;
  return meetsFilter({ ...manifest.seen.metadata, source: manifest.source }, search.filter);
}
