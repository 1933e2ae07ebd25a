/** Counts for people and gauges, from manifests alone. */
import { compareRevisions, isNewer, standingOf, type Manifest } from "@tidemark/domain";
import type { SourceCounts } from "../ports/vector-index.ts";

type Counts = { -readonly [name in keyof SourceCounts]: SourceCounts[name] };

/** Adds manifests up by source; they may come in any order and in pages. */
export class ManifestCounter {
  readonly #bySource = new Map<string, Counts>();

  add(manifest: Manifest): void {
    const counts = this.#of(manifest);
    const { seen, indexed, failure } = manifest;
    counts.highestEpoch = Math.max(counts.highestEpoch, seen.revision.epoch);
    if (seen.deleted) return;
    counts.documents += 1;
    if (seen.archived) counts.archived += 1;
    if (standingOf(manifest) === "searchable") counts.searchable += 1;
    counts.chunks += indexed?.live.length ?? 0;
    const failed = failure !== null && compareRevisions(failure.revision, seen.revision) >= 0;
    if (failed) counts.failed += 1;
    if (!failed && isPending(manifest)) {
      counts.pending += 1;
      const oldest = counts.oldestPendingMs ?? seen.observedAtMs;
      counts.oldestPendingMs = Math.min(oldest, seen.observedAtMs);
    }
  }

  bySource(): readonly SourceCounts[] {
    return [...this.#bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  #of(manifest: Manifest): Counts {
    const found = this.#bySource.get(manifest.source);
    if (found) return found;
    const made: Counts = {
      source: manifest.source,
      documents: 0,
      searchable: 0,
      archived: 0,
      failed: 0,
      pending: 0,
      chunks: 0,
      oldestPendingMs: null,
      highestEpoch: 0,
    };
    this.#bySource.set(manifest.source, made);
    return made;
  }
}

/** Whether newer content is known than is live, of a document that is to be found. */
function isPending({ seen, indexed }: Manifest): boolean {
  const hidden = seen.deleted || seen.archived || seen.policy.permissions.kind === "unknown";
  return !hidden && (!indexed || isNewer(seen.revision, indexed.revision));
}
