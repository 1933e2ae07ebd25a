/** Counts for people and gauges, from manifests alone. */
import {
  compareRevisions,
  isNewer,
  standingOf,
  type Manifest,
  type SourceName,
} from "@tidemark/domain";
import type { SourceCounts } from "../ports/vector-index.ts";

/** What one manifest adds to its source's counts. Equal ones may be added together. */
export interface ManifestTally {
  readonly source: SourceName;
  readonly epoch: number;
  readonly deleted: boolean;
  readonly archived: boolean;
  readonly searchable: boolean;
  readonly failed: boolean;
  readonly pending: boolean;
  readonly chunks: number;
}

/** A tombstone counts for its epoch alone. */
export function tallyOf(manifest: Manifest): ManifestTally {
  const { source, seen, indexed, failure } = manifest;
  const { deleted, archived, revision } = seen;
  const failed = !deleted && failure !== null && compareRevisions(failure.revision, revision) >= 0;
  return {
    source,
    epoch: revision.epoch,
    deleted,
    archived: !deleted && archived,
    searchable: standingOf(manifest) === "searchable",
    failed,
    pending: !failed && isPending(manifest),
    chunks: deleted ? 0 : (indexed?.live.length ?? 0),
  };
}

type Counts = { -readonly [name in keyof SourceCounts]: SourceCounts[name] };

/** Adds manifests up by source; they may come in any order and in pages. */
export class ManifestCounter {
  readonly #bySource = new Map<string, Counts>();

  add(manifest: Manifest): void {
    const tally = tallyOf(manifest);
    this.addAlike(tally, 1);
    if (tally.pending) this.notePending(manifest.source, manifest.seen.observedAtMs);
  }

  /** Adds so many manifests that count alike; when the oldest was observed is noted apart. */
  addAlike(tally: ManifestTally, manifests: number): void {
    const counts = this.#of(tally.source);
    counts.highestEpoch = Math.max(counts.highestEpoch, tally.epoch);
    if (tally.deleted) return;
    counts.documents += manifests;
    counts.chunks += tally.chunks * manifests;
    for (const name of ["archived", "searchable", "failed", "pending"] as const) {
      if (tally[name]) counts[name] += manifests;
    }
  }

  /** A pending document of the source was observed at this time. */
  notePending(source: SourceName, observedAtMs: number): void {
    const counts = this.#of(source);
    counts.oldestPendingMs = Math.min(counts.oldestPendingMs ?? observedAtMs, observedAtMs);
  }

  bySource(): readonly SourceCounts[] {
    return [...this.#bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  #of(source: SourceName): Counts {
    const found = this.#bySource.get(source);
    if (found) return found;
    const made: Counts = {
      source,
      documents: 0,
      searchable: 0,
      archived: 0,
      failed: 0,
      pending: 0,
      chunks: 0,
      oldestPendingMs: null,
      highestEpoch: 0,
    };
    this.#bySource.set(source, made);
    return made;
  }
}

/** Whether newer content is known than is live, of a document that is to be found. */
function isPending({ seen, indexed }: Manifest): boolean {
  const hidden = seen.deleted || seen.archived || seen.policy.permissions.kind === "unknown";
  return !hidden && (!indexed || isNewer(seen.revision, indexed.revision));
}
