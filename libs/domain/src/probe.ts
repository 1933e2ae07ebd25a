/**
 * A probe: a document of Tidemark's own that is changed in a source, round after round, and has to be
 * found by search. What a round comes to is decided here, once:
 *
 *   it is           when                                  then       counted
 *   at rest         the source took its text              looked for
 *   at rest         the source refused it                 at rest    unwritable
 *   looked for      it is found within its time           at rest    found
 *   looked for      its time passes, search answers       overdue    late
 *   looked for      its time passes, no search answered   overdue    unanswered
 *   overdue         it is found                           at rest    -
 *   overdue         the next round begins                 looked for
 *
 * However late, what is found has its latency observed.
 */
import { sha256Hex } from "./point.ts";

export const probeOutcomes = ["found", "late", "unwritable", "unanswered"] as const;
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
  readonly reason: string | null;
}

export interface ProbeState {
  /** How many rounds have begun. */
  readonly rounds: number;
  readonly begunAtMs: number | null;
  readonly looking:
    | (ProbeRound & {
        readonly isOverdue: boolean;
        readonly wasAnswered: boolean;
        readonly reason: string | null;
      })
    | null;
  readonly last: ProbeResult | null;
}

export type ProbeEvent =
  | { readonly kind: "written"; readonly round: ProbeRound }
  | { readonly kind: "refused"; readonly round: ProbeRound; readonly reason: string }
  | { readonly kind: "searched"; readonly isFound: boolean }
  | { readonly kind: "unanswered"; readonly reason: string };

export interface ProbeStep {
  readonly state: ProbeState;
  /** What the round came to, when that is decided now. */
  readonly counted: ProbeOutcome | null;
  /** How long it took, when it is found now. */
  readonly lagMs: number | null;
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

export function afterProbe(
  state: ProbeState,
  event: ProbeEvent,
  { nowMs, withinMs }: Pick<ProbePace, "withinMs"> & { readonly nowMs: number },
): ProbeStep {
  if (event.kind === "written" || event.kind === "refused") {
    const begun = {
      ...state,
      rounds: state.rounds + 1,
      begunAtMs: event.round.writtenAtMs,
      looking: null,
    };
    if (event.kind === "refused") {
      const { reason, round } = event;
      const decided = { writtenAtMs: round.writtenAtMs, decidedAtMs: nowMs, lagMs: null, reason };
      const last = { outcome: "unwritable", ...decided } as const;
      return { state: { ...begun, last }, counted: "unwritable", lagMs: null };
    }
    const looking = { ...event.round, isOverdue: false, wasAnswered: false, reason: null };
    return { state: { ...begun, looking }, counted: null, lagMs: null };
  }
  const { looking } = state;
  if (!looking) return { state, counted: null, lagMs: null };
  const { isOverdue, writtenAtMs } = looking;
  const lagMs = Math.max(0, nowMs - writtenAtMs);
  const isLate = lagMs > withinMs;
  if (event.kind === "searched" && event.isFound) {
    const counted = isOverdue ? null : isLate ? "late" : "found";
    const outcome = counted ?? "late";
    const last = { outcome, writtenAtMs, decidedAtMs: nowMs, lagMs, reason: null } as const;
    return { state: { ...state, looking: null, last }, counted, lagMs };
  }
  const now =
    event.kind === "searched"
      ? { ...looking, wasAnswered: true, reason: null }
      : { ...looking, reason: event.reason };
  if (isOverdue || !isLate)
    return { state: { ...state, looking: now }, counted: null, lagMs: null };
  const outcome = now.wasAnswered ? "late" : "unanswered";
  const { reason } = now;
  const last = { outcome, writtenAtMs, decidedAtMs: nowMs, lagMs: null, reason } as const;
  return {
    state: { ...state, looking: { ...now, isOverdue: true }, last },
    counted: outcome,
    lagMs: null,
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
