/**
 * Where the process is to die: in which step, before or after it or while it is under way, and the
 * how manyeth time it comes there. Written in an environment variable as `commit:during:3`.
 */
export const killSteps = [
  // The commit protocol's own steps, as the upserter goes through them.
  "manifest",
  "vectors",
  "embed",
  "points",
  "commit",
  "sweep",
  "receipt",
  "progress",
  // The other half of a manifest.
  "restrict",
  "delete",
  // The way there.
  "accept",
  "hint",
  "resolve",
  "chunk",
] as const;
export type KillStep = (typeof killSteps)[number];

export const killMoments = ["before", "during", "after"] as const;
export type KillMoment = (typeof killMoments)[number];

export interface KillPlan {
  readonly step: KillStep;
  readonly moment: KillMoment;
  /** From 1, counted from when the process is armed. */
  readonly time: number;
}

export const killVariable = "TIDEMARK_KILL_AT";
/** Where the process writes its plan down at the moment it dies of it. */
export const killNoteVariable = "TIDEMARK_KILL_NOTE";
/** Counted from the start; otherwise from when it is told to. */
export const killArmedVariable = "TIDEMARK_KILL_ARMED";

export function formatKill({ moment, step, time }: KillPlan): string {
  return `${step}:${moment}:${time}`;
}

/** @throws RangeError when the text is no plan. */
export function parseKill(text: string): KillPlan {
  const [named, when, count] = text.split(":");
  const step = killSteps.find((each) => each === named);
  const moment = killMoments.find((each) => each === when);
  const time = Number(count);
  if (!step || !moment || !Number.isSafeInteger(time) || time < 1) {
    throw new RangeError(`${JSON.stringify(text)}: step:moment:time is expected`);
  }
  return { step, moment, time };
}
