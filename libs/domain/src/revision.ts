/**
 * Orders the changes of one document. Compared `epoch` first, then `position`, both safe integers,
 * because an index can compare numbers and not wide strings. An epoch is a new beginning of the
 * source's order: without it every change after a recreated log would look old.
 */
export interface Revision {
  readonly epoch: number;
  readonly position: number;
}

/** Below every revision of a source: epochs begin at 1. */
export const zeroRevision: Revision = { epoch: 0, position: 0 };

/** Negative when `a` is older, 0 when equal, positive when newer. */
export function compareRevisions(a: Revision, b: Revision): number {
  return a.epoch - b.epoch || a.position - b.position;
}

export function isNewer(a: Revision, b: Revision): boolean {
  return compareRevisions(a, b) > 0;
}

export function newerOf(a: Revision, b: Revision): Revision {
  return isNewer(a, b) ? a : b;
}

export function formatRevision(revision: Revision): string {
  return `${revision.epoch}.${revision.position}`;
}

/**
 * The position of what is found or stored at a log offset: one above it, since 0 is a snapshot's.
 */
export function positionOfOffset(offset: number): number {
  return offset + 1;
}

/** An epoch above all that were ever used, also when the catalogue that counted them was lost. */
export function nextEpoch(input: {
  readonly lastEpoch: number;
  readonly highestInManifests: number;
  readonly nowMs: number;
}): number {
  return Math.max(
    input.lastEpoch + 1,
    input.highestInManifests + 1,
    Math.floor(input.nowMs / 1000),
  );
}
