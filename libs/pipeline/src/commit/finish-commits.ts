/** What is still to be done when commits are written, by the manifests that are then read back. */
import {
  digestOf,
  type DocumentId,
  type Manifest,
  type PointDigest,
  type Revision,
} from "@tidemark/domain";
import type { CommitOutcome, DocumentCommit } from "../ports/vector-index.ts";
import { isSettled } from "./point-records.ts";
import type { PointSweep } from "./primitives.ts";

export interface Unfinished {
  readonly outcomes: readonly CommitOutcome[];
  /** Documents whose points are to get copies of their newest policy and metadata. */
  readonly copy: readonly Manifest[];
  readonly sweeps: readonly PointSweep[];
}

/**
 *   read back            outcome   copies                          sweep
 *   the commit's own     won       unless all points have them     as the commit says
 *   another's            lost      when it lists points put here   by what it lists, if any were put
 *   none                 lost      none                            none
 */
export function unfinishedOf(
  commits: readonly DocumentCommit[],
  read: readonly (Manifest | undefined)[],
): Unfinished {
  const outcomes: CommitOutcome[] = [];
  const copy: Manifest[] = [];
  const sweeps: PointSweep[] = [];
  for (const [index, { manifest, put, sweep }] of commits.entries()) {
    const { documentId } = manifest;
    const now = read[index];
    const won = now?.token === manifest.token;
    outcomes.push(won ? "won" : "lost");
    if (won) {
      if (!isSettled(now)) copy.push(now);
      if (sweep) sweeps.push(sweepOf(documentId, sweep));
    } else if (now?.indexed) {
      // The points that were put are the winner's too, or nobody's: they get its copies, or go.
      const live = new Set(now.indexed.live);
      if (put.some((point) => live.has(digestOf(point.id)))) copy.push(now);
      const mayHaveLeft = put.length > 0 || sweep !== null;
      if (mayHaveLeft) sweeps.push(sweepOf(documentId, now.indexed));
    }
  }
  return { outcomes, copy, sweeps };
}

/** Spares what is live, and what its own or a later revision wrote. */
export function sweepOf(
  documentId: DocumentId,
  { revision, live }: { readonly revision: Revision; readonly live: readonly PointDigest[] },
): PointSweep {
  return { documentId, below: revision, spare: live };
}
