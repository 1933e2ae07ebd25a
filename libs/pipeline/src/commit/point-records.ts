/** Which copies a point is written with, before the manifest that lists it. */
import { compareRevisions, zeroRevision, type Manifest, type Point } from "@tidemark/domain";
import { copiesOf } from "./copies.ts";
import type { PointRecord } from "./primitives.ts";

/**
 * A point takes its document's copies when all points have them. While that is under way, or the
 * document's newest state is itself part of the commit, a point has none and is a candidate for
 * every search: a copy of what is not yet committed could hide what still is.
 */
export function recordOf(point: Point, manifest: Manifest | undefined): PointRecord {
  return manifest && isSettled(manifest)
    ? { ...point, copies: copiesOf(manifest), copiesRevision: manifest.seen.revision }
    : { ...point, copies: null, copiesRevision: zeroRevision };
}

/** Whether every listed point carries copies of the newest state known. */
export function isSettled(manifest: Manifest): boolean {
  return compareRevisions(manifest.copied, manifest.seen.revision) >= 0;
}

/**
 * The manifest as it is written. Where nothing is to be listed, or all points have the copies
 * already, the copies are complete with it; otherwise they follow, and a crash must leave that to
 * be seen.
 */
export function manifestToWrite(manifest: Manifest, isBehind: boolean): Manifest {
  const isEmpty = (manifest.indexed?.live.length ?? 0) === 0;
  const carried = isEmpty || (isSettled(manifest) && !isBehind);
  return { ...manifest, copied: carried ? manifest.seen.revision : zeroRevision };
}
