/** What a runbook that mends documents does next, by what it has found out so far. */
export const runbookSteps = ["pipeline", "embedder", "find", "mend", "verify", "prove"] as const;
export type RunbookStep = (typeof runbookSteps)[number];

export type RunbookEnding =
  /** Nothing was wrong. */
  | "nothing"
  /** Something is, and only that was to be said. */
  | "would-mend"
  | "done"
  /** It could not be told whether something is. */
  | "undecided"
  /** It stopped, for a person to go on. */
  | "escalated"
  /** It went through, and something is wrong still. */
  | "failed";

/** A step that was not taken yet has left nothing. */
export interface RunbookKnown {
  /** Looks and changes nothing. */
  readonly isDryRun: boolean;
  readonly pipeline?: "well" | "in-trouble";
  /** Whether the embedder still makes the vectors that it made. */
  readonly embedder?: "same" | "another";
  readonly found?: { readonly documents: number; readonly undecided: number };
  readonly mending?: "asked" | "refused";
  /** Documents that were not right again in time. */
  readonly left?: number;
  readonly proof?: { readonly faulty: number; readonly undecided: number };
}

/**
 *   known                                         next
 *   nothing of the pipeline                       look at it
 *   it is in trouble                              stop: more work would make it worse
 *   nothing of the embedder                       look at it
 *   it makes other vectors than it did            stop: what it made again would be of another space
 *   nothing of the documents                      find those that are wrong
 *   none is, some could not be told               undecided
 *   none is                                       nothing
 *   some are, in a dry run                        would-mend
 *   some are                                      have them mended
 *   that was refused                              stop
 *   they were asked for                           verify each
 *   some are not right in time                    stop
 *   all are                                       prove the whole
 *   others are wrong, cannot be told, none is     failed, undecided, done
 *
 * A dry run goes on where a run would stop: it adds no work.
 */
export function nextStep(
  known: RunbookKnown,
): { readonly take: RunbookStep } | { readonly end: RunbookEnding } {
  const { embedder, found, isDryRun, left, mending, pipeline, proof } = known;
  if (!pipeline) return { take: "pipeline" };
  if (pipeline === "in-trouble" && !isDryRun) return { end: "escalated" };
  if (!embedder) return { take: "embedder" };
  if (embedder === "another" && !isDryRun) return { end: "escalated" };
  if (!found) return { take: "find" };
  if (found.documents === 0) return { end: found.undecided > 0 ? "undecided" : "nothing" };
  if (isDryRun) return { end: "would-mend" };
  if (!mending) return { take: "mend" };
  if (mending === "refused") return { end: "escalated" };
  if (left === undefined) return { take: "verify" };
  if (left > 0) return { end: "escalated" };
  if (!proof) return { take: "prove" };
  if (proof.faulty > 0) return { end: "failed" };
  return { end: proof.undecided > 0 ? "undecided" : "done" };
}
