/** What a manifest allows an asker to read. */
import {
  allows,
  compareRevisions,
  mayBeTold,
  unmetOf,
  type Asker,
  type Audience,
  type Filter,
  type Manifest,
  type SourceName,
  type Unmet,
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

/** Whether whoever asks may be told of the document at all: both halves decide, as for reading. */
export function mayKnow({ indexed, seen }: Manifest, audience: Audience | "everything"): boolean {
  if (audience === "everything") return true;
  return mayBeTold(seen.policy, audience) && (!indexed || mayBeTold(indexed.policy, audience));
}

interface Filtering {
  readonly sources: readonly SourceName[] | null;
  readonly filter: Filter;
}

export function passesFilter(manifest: Manifest, search: Filtering): boolean {
  return unmetBy(manifest, search) === null;
}

/** What of a search leaves the document out, whoever asks; null where nothing does. */
export function unmetBy(manifest: Manifest, search: Filtering): "source" | Unmet | null {
  if (search.sources && !search.sources.includes(manifest.source)) return "source";
  return unmetOf({ ...manifest.seen.metadata, source: manifest.source }, search.filter);
}
