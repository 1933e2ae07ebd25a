/** Cuts a batch of commits into writes that are each short. */
import type { Point } from "@tidemark/domain";
import type { DocumentCommit } from "@tidemark/pipeline";

export interface CommitSlice {
  /** Points to be put before, in writes of their own: not listed yet, so nobody sees them. */
  readonly ahead: readonly Point[];
  readonly commits: readonly DocumentCommit[];
}

export interface SliceBounds {
  readonly pointsPerWriteMax: number;
  readonly commitsPerWriteMax: number;
}

/** A document with more points than one write takes has its points put ahead of its manifest. */
export function commitSlices(
  commits: readonly DocumentCommit[],
  bounds: SliceBounds,
): readonly CommitSlice[] {
  const slices: CommitSlice[] = [];
  let gathered: DocumentCommit[] = [];
  let points = 0;
  const close = () => {
    if (gathered.length > 0) slices.push({ ahead: [], commits: gathered });
    gathered = [];
    points = 0;
  };
  for (const commit of commits) {
    const weight = commit.put.length;
    const large = weight > bounds.pointsPerWriteMax;
    const full =
      gathered.length === bounds.commitsPerWriteMax || points + weight > bounds.pointsPerWriteMax;
    if (large || full) close();
    if (large) {
      slices.push({ ahead: commit.put, commits: [{ ...commit, put: [] }] });
    } else {
      gathered.push(commit);
      points += weight;
    }
  }
  close();
  return slices;
}
