/**
 * A probe: a document of Tidemark's own that is put into a source, round after round, has to be found
 * by search, is deleted there again, and has to be gone. What a round comes to is decided here, once:
 *
 *   it is            when                                  then            counted
 *   at rest          the source took its text              looked for
 *   at rest          the source refused it                 at rest         unwritable
 *   looked for       it is found within its time           to be deleted
 *   looked for       its time passes, search answers       overdue         late
 *   looked for       its time passes, no search answered   overdue         unanswered
 *   overdue          it is found                           at rest         -
 *   to be deleted    the source deleted it                 to be gone
 *   to be deleted    the source refused that               at rest         unwritable
 *   to be gone       it is gone within its time            at rest         found
 *   to be gone       its time passes, search has it        lasting on      lasting
 *   to be gone       its time passes, no search answered   lasting on      unanswered
 *   lasting on       it is gone                            at rest         -
 *   anything         the next round begins                 looked for
 *
 * However late, what is found or gone has its latency observed.
 */
import { sha256Hex } from "./point.ts";

export const probeOutcomes = ["found", "late", "lasting", "unwritable", "unanswered"] as const;
export type ProbeOutcome = (typeof probeOutcomes)[number];

/** How often a round begins, and how soon it has to be found. */
export interface ProbePace {
  readonly everyMs: number;
  readonly withinMs: number;
}

/** A text that is looked for. */
export interface ProbeRound {
  readonly sentence: string;
  /** Before the source was asked to take it, so that no latency is told too small. */
  readonly writtenAtMs: number;
}

export interface ProbeResult {
  readonly outcome: ProbeOutcome;
  readonly writtenAtMs: number;
  /** When it was decided. */
  readonly decidedAtMs: number;
  /** From before the write to the answer that had it; null while it is not found. */
  readonly lagMs: number | null;
  /** From before the delete to the answer that lacked it; null while it is not gone. */
  readonly hiddenMs: number | null;
  readonly reason: string | null;
}

interface Looking extends ProbeRound {
  /** Null while it is not found. */
  readonly lagMs: number | null;
  /** When the source was asked to delete it; null before that. */
  readonly deletedAtMs: number | null;
  readonly isOverdue: boolean;
  readonly wasAnswered: boolean;
  readonly reason: string | null;
}

export interface ProbeState {
  /** How many rounds have begun. */
  readonly rounds: number;
  readonly begunAtMs: number | null;
  readonly looking: Looking | null;
  readonly last: ProbeResult | null;
}

export type ProbeEvent =
  | { readonly kind: "written"; readonly round: ProbeRound }
  | { readonly kind: "refused"; readonly round: ProbeRound; readonly reason: string }
  | { readonly kind: "deleted"; readonly atMs: number }
  | { readonly kind: "kept"; readonly reason: string }
  | { readonly kind: "searched"; readonly isFound: boolean }
  | { readonly kind: "unanswered"; readonly reason: string };

export interface ProbeStep {
  readonly state: ProbeState;
  /** What the round came to, when that is decided now. */
  readonly counted: ProbeOutcome | null;
  /** How long it took, when it is found now. */
  readonly lagMs: number | null;
  /** How long it took, when it is gone now. */
  readonly hiddenMs: number | null;
  /** It was found, and where that was in time it is gone again: nothing is left to wait for. */
  readonly isThrough: boolean;
}

export const restingProbe: ProbeState = { rounds: 0, begunAtMs: null, looking: null, last: null };

/** A round that is not found is followed for so many periods, and given up for another then. */
const periodsMax = 5;

/** How long until a round begins; 0 when it is due. */
export function msUntilRound(state: ProbeState, { everyMs }: ProbePace, nowMs: number): number {
  if (state.begunAtMs === null) return 0;
  const periodMs = state.looking ? periodsMax * everyMs : everyMs;
  const sinceMs = nowMs - state.begunAtMs;
  // A clock that was set back tells nothing.
  return sinceMs < 0 ? 0 : Math.max(0, periodMs - sinceMs);
}

/** When what is waited for began, and whether it is to be deleted first. */
export function halfOf(looking: Looking): {
  readonly sinceMs: number;
  readonly isToDelete: boolean;
} {
  const { deletedAtMs, lagMs, writtenAtMs } = looking;
  return {
    sinceMs: deletedAtMs ?? writtenAtMs,
    isToDelete: lagMs !== null && deletedAtMs === null,
  };
}

const nothing = { counted: null, lagMs: null, hiddenMs: null, isThrough: false } as const;
const fresh = { isOverdue: false, wasAnswered: false, reason: null } as const;

export function afterProbe(
  state: ProbeState,
  event: ProbeEvent,
  { nowMs, withinMs }: Pick<ProbePace, "withinMs"> & { readonly nowMs: number },
): ProbeStep {
  if (event.kind === "written" || event.kind === "refused") {
    const { round } = event;
    const begun = { ...state, rounds: state.rounds + 1, begunAtMs: round.writtenAtMs };
    const looking = { ...round, lagMs: null, deletedAtMs: null, ...fresh };
    return event.kind === "written"
      ? { ...nothing, state: { ...begun, looking } }
      : unwritable(begun, looking, { nowMs, reason: event.reason });
  }
  const { looking } = state;
  if (!looking) return { ...nothing, state };
  const isOfDelete = event.kind === "deleted" || event.kind === "kept";
  if (isOfDelete !== halfOf(looking).isToDelete) return { ...nothing, state };
  switch (event.kind) {
    case "deleted":
      return { ...nothing, state: { ...state, looking: { ...looking, deletedAtMs: event.atMs } } };
    case "kept":
      return unwritable(state, looking, { nowMs, reason: event.reason });
    case "unanswered":
      return unfinished(state, { ...looking, reason: event.reason }, { nowMs, withinMs });
    case "searched": {
      const isToBeGone = looking.deletedAtMs !== null;
      if (event.isFound === isToBeGone) {
        const answered = { ...looking, wasAnswered: true, reason: null };
        return unfinished(state, answered, { nowMs, withinMs });
      }
      const tookMs = Math.max(0, nowMs - halfOf(looking).sinceMs);
      const isLate = tookMs > withinMs;
      return isToBeGone
        ? gone(state, looking, { nowMs, hiddenMs: tookMs, isLate })
        : found(state, looking, { nowMs, lagMs: tookMs, isLate });
    }
  }
}

function unwritable(
  state: ProbeState,
  { lagMs, writtenAtMs }: Looking,
  { nowMs, reason }: { readonly nowMs: number; readonly reason: string },
): ProbeStep {
  const outcome = "unwritable";
  const last = { outcome, writtenAtMs, decidedAtMs: nowMs, lagMs, hiddenMs: null, reason } as const;
  return { ...nothing, state: { ...state, looking: null, last }, counted: outcome };
}

function found(
  state: ProbeState,
  looking: Looking,
  {
    isLate,
    lagMs,
    nowMs,
  }: { readonly isLate: boolean; readonly lagMs: number; readonly nowMs: number },
): ProbeStep {
  const { isOverdue, writtenAtMs } = looking;
  if (!isLate && !isOverdue) {
    return { ...nothing, state: { ...state, looking: { ...looking, lagMs, ...fresh } }, lagMs };
  }
  const ends = { writtenAtMs, decidedAtMs: nowMs, lagMs, hiddenMs: null, reason: null };
  const last = { outcome: "late", ...ends } as const;
  const counted = isOverdue ? null : "late";
  return { ...nothing, state: { ...state, looking: null, last }, counted, lagMs, isThrough: true };
}

function gone(
  state: ProbeState,
  { isOverdue, lagMs, writtenAtMs }: Looking,
  of: { readonly isLate: boolean; readonly hiddenMs: number; readonly nowMs: number },
): ProbeStep {
  const { hiddenMs, isLate, nowMs } = of;
  const outcome = isOverdue || isLate ? "lasting" : "found";
  const last = { outcome, writtenAtMs, decidedAtMs: nowMs, lagMs, hiddenMs, reason: null } as const;
  const counted = isOverdue ? null : outcome;
  return {
    ...nothing,
    state: { ...state, looking: null, last },
    counted,
    hiddenMs,
    isThrough: true,
  };
}

/** Looked for in vain: counted once, when its time has passed. */
function unfinished(
  state: ProbeState,
  looking: Looking,
  { nowMs, withinMs }: Pick<ProbePace, "withinMs"> & { readonly nowMs: number },
): ProbeStep {
  const { isOverdue, lagMs, reason, wasAnswered, writtenAtMs } = looking;
  const isInTime = nowMs - halfOf(looking).sinceMs <= withinMs;
  if (isOverdue || isInTime) return { ...nothing, state: { ...state, looking } };
  const unseen = looking.deletedAtMs === null ? "late" : "lasting";
  const outcome = wasAnswered ? unseen : "unanswered";
  const last = { outcome, writtenAtMs, decidedAtMs: nowMs, lagMs, hiddenMs: null, reason } as const;
  return {
    ...nothing,
    state: { ...state, looking: { ...looking, isOverdue: true }, last },
    counted: outcome,
  };
}

/** What every probe's text begins with. */
export const probeMark = "Tidemark probe";

/** Nothing else is ever written over. */
export function isProbeText(text: string): boolean {
  return text.startsWith(probeMark);
}

const consonants = "bcdfghjklmnprstvwz";
const vowels = "aeiou";
const wordCount = 7;
const syllablesPerWord = 3;

/**
 * A sentence of words that no language has, so that nobody else's document is near it. The same for
 * the same source, round and time, and for no other.
 */
export function probeSentence(source: string, round: number, atMs: number): string {
  const digest = Buffer.from(sha256Hex(JSON.stringify([source, round, atMs])), "hex");
  const wide = [...digest, ...Buffer.from(sha256Hex(digest.toString("hex")), "hex")];
  const pick = (letters: string, at: number) => letters[(wide[at] ?? 0) % letters.length] ?? "";
  const words = Array.from({ length: wordCount }, (_, word) =>
    Array.from({ length: syllablesPerWord }, (__, syllable) => {
      const at = 2 * (word * syllablesPerWord + syllable);
      return pick(consonants, at) + pick(vowels, at + 1);
    }).join(""),
  );
  return `${probeMark} ${round} of ${source}: ${words.join(" ")}.`;
}
