/** Whether a rehearsal has passed: by what was damaged and what is stored in the end, not by itself. */
import {
  vectorDistance,
  vectorDistanceMax,
  type Point,
  type RunbookEnding,
} from "@tidemark/domain";

/**
 * By the first that holds; null when it has passed.
 *
 *   a damaged document was not found         it is blind
 *   an undamaged one was found               it sees what is not there
 *   it did not end with all mended           it did not come through
 *   a point is not what it was               it says that it mended, and did not
 */
export function failureOf(rehearsed: {
  readonly damaged: readonly string[];
  readonly found: readonly string[];
  readonly ending: RunbookEnding;
  /** Documents whose points are not what they were before the damage. */
  readonly changed: readonly string[];
}): string | null {
  const { changed, damaged, ending, found } = rehearsed;
  const missed = damaged.filter((id) => !found.includes(id));
  if (missed.length > 0) return `it did not find ${missed.join(", ")}`;
  const strays = found.filter((id) => !damaged.includes(id));
  if (strays.length > 0) return `it found what nobody had damaged: ${strays.join(", ")}`;
  if (ending !== "done") return `it ended with ${ending}`;
  if (changed.length > 0) return `these are not what they were: ${changed.join(", ")}`;
  return null;
}

/** The same points, with the same texts and, but for rounding, the same vectors. */
export function samePoints(before: readonly Point[], after: readonly Point[]): boolean {
  const byId = new Map(after.map((point) => [point.id, point]));
  return (
    before.length === after.length &&
    before.every(({ id, text, vector }) => {
      const other = byId.get(id);
      if (other?.text !== text) return false;
      return vectorDistance(vector, other.vector) <= vectorDistanceMax;
    })
  );
}
