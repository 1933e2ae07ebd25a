/**
 * Tells from what was measured what has changed. Each cause leaves another trace:
 *
 *   cause               words and plain sentences    long texts   texts to clean      tokens
 *   weights             all move                     move         move                the same
 *   tokenizer, entries  some move, some are still    move         move                the same
 *   tokenizer, limit    still                        move         still               fewer or more
 *   preprocessing       still                        still        a family moves      any
 *   a prefix            all move                     move         move                as many more each
 *
 * An index that lost points, one whose approximate search misses true neighbours, and vectors that
 * were stored by something else show without any of them: by what is listed and not there, by an
 * exact search over the same vectors, and by embedding the texts of stored points again.
 */
import { driftBounds, overlapBounds, recallBounds } from "./drift.ts";
import type { SentinelFamily } from "./sentinel-texts.ts";

export const driftCauses = [
  "weights",
  "tokenizer",
  "preprocessing",
  "index-loss",
  "approximate-search",
  "stored-vectors",
  "unknown",
] as const;
export type DriftCause = (typeof driftCauses)[number];

export type DriftSeverity = "slight" | "investigate" | "severe";

export interface DriftFinding {
  readonly cause: DriftCause;
  readonly severity: DriftSeverity;
  /** For people: what was seen. */
  readonly detail: string;
}

export interface SentinelReading {
  readonly family: SentinelFamily;
  /** Cosine distance to its baseline. */
  readonly distance: number;
}

export interface FamilyTokens {
  readonly family: SentinelFamily;
  readonly texts: number;
  readonly before: number;
  readonly now: number;
}

/** What was measured; null where it could not be, or there is nothing to measure. */
export interface DriftEvidence {
  readonly readings: readonly SentinelReading[];
  readonly tokens: readonly FamilyTokens[];
  /** Points that manifests list, and how many of them are not there; documents nobody knows any more. */
  readonly listed: {
    readonly points: number;
    readonly missing: number;
    readonly documents: number;
    readonly forgotten: number;
  } | null;
  /** Distances of stored vectors to those that their texts have now. */
  readonly stored: readonly number[];
  /** True neighbours, and how many of them the approximate search found. */
  readonly neighbours: { readonly wanted: number; readonly found: number } | null;
  /** Of the benchmark questions' top 10 with the run before. */
  readonly overlap: number | null;
}

/** Fewer than so many may be chance: one text on the edge of a rounding. */
const movedLeast = 3;
/** Some texts that are exactly as they were say that the weights are. */
const stillShareLeast = 0.05;

const cleanedFamilies = ["case", "accents", "space", "symbols", "numbers", "scripts"] as const;
const cleanedNames: Readonly<Record<(typeof cleanedFamilies)[number], string>> = {
  case: "capitals",
  accents: "accents and normal forms",
  space: "white space",
  symbols: "punctuation and markup",
  numbers: "numbers",
  scripts: "other scripts",
};

/** Every cause that has left its trace; none where all is well. */
export function diagnose(evidence: DriftEvidence): readonly DriftFinding[] {
  const embedding = embeddingFinding(evidence);
  const findings = [
    embedding,
    lossFinding(evidence),
    searchFinding(evidence),
    // Where the embedder has changed, stored vectors are other ones for that reason.
    embedding ? null : storedFinding(evidence),
  ].filter((finding) => finding !== null);
  if (findings.length > 0) return findings;
  const { overlap } = evidence;
  if (overlap === null || overlap >= overlapBounds.healthyMin) return [];
  const severity = overlap < overlapBounds.lossBelow ? "severe" : "investigate";
  return [
    {
      cause: "unknown",
      severity,
      detail: `${percent(1 - overlap)} of the benchmark's neighbours changed, and nothing explains it`,
    },
  ];
}

function embeddingFinding({ readings, tokens }: DriftEvidence): DriftFinding | null {
  const moved = readings.filter(({ distance }) => distance > driftBounds.fineMax);
  if (moved.length < movedLeast) return null;
  const worst = moved.map(({ distance }) => distance).sort((a, b) => b - a);
  const finding = (cause: DriftCause, detail: string): DriftFinding => ({
    cause,
    // By the third: one text alone may be odd.
    severity: severityOf(worst[movedLeast - 1] ?? 0),
    detail: `${moved.length} of ${readings.length} sentinels moved, up to ${(worst[0] ?? 0).toFixed(3)}: ${detail}`,
  });
  const inert = sharesOf(readings, ["word", "plain"]);
  const long = sharesOf(readings, ["long"]);
  if (inert.moved === 0 && inert.still >= stillShareLeast) {
    if (long.moved >= 0.25) {
      return finding("tokenizer", "long texts alone, so that they are cut elsewhere");
    }
    const family = cleanedFamilies
      .map((name) => ({ name, ...sharesOf(readings, [name]) }))
      .reduce((most, each) => (each.moved > most.moved ? each : most));
    return finding("preprocessing", `those with ${cleanedNames[family.name]} most`);
  }
  if (inert.still >= stillShareLeast) {
    return finding("tokenizer", "some words have other tokens, and others are as they were");
  }
  const shift = tokenShift(tokens);
  if (shift === "uneven") return finding("tokenizer", "texts have another number of tokens");
  if (shift !== 0) {
    const more = shift > 0 ? `${shift} tokens more` : `${-shift} tokens fewer`;
    return finding("preprocessing", `each text has ${more}, as by a prefix`);
  }
  return finding("weights", "none is as it was, and their tokens are the same");
}

function sharesOf(
  readings: readonly SentinelReading[],
  families: readonly SentinelFamily[],
): { readonly moved: number; readonly still: number } {
  const own = readings.filter(({ family }) => families.includes(family));
  const share = (is: (distance: number) => boolean) =>
    own.length === 0 ? 0 : own.filter(({ distance }) => is(distance)).length / own.length;
  return {
    moved: share((distance) => distance > driftBounds.fineMax),
    still: share((distance) => distance <= driftBounds.stillMax),
  };
}

/** How many tokens each short text has more than before; `uneven` where it is not as many for all. */
function tokenShift(tokens: readonly FamilyTokens[]): number | "uneven" {
  const short = tokens.filter(({ family }) => family === "word" || family === "plain");
  const shifts = new Set(short.map(({ before, now, texts }) => (now - before) / texts));
  const [only, ...more] = shifts;
  if (more.length > 0 || (only !== undefined && !Number.isInteger(only))) return "uneven";
  return only ?? 0;
}

function lossFinding({ listed }: DriftEvidence): DriftFinding | null {
  if (!listed || listed.missing + listed.forgotten === 0) return null;
  const share = Math.max(
    listed.missing / Math.max(1, listed.points),
    listed.forgotten / Math.max(1, listed.documents),
  );
  const severity = share < 0.01 ? "slight" : share < 0.1 ? "investigate" : "severe";
  return {
    cause: "index-loss",
    severity,
    detail:
      `${listed.missing} of ${listed.points} points that are listed are not there, ` +
      `${listed.forgotten} of ${listed.documents} documents are not known any more`,
  };
}

function searchFinding({ neighbours }: DriftEvidence): DriftFinding | null {
  if (!neighbours || neighbours.wanted === 0) return null;
  const recall = neighbours.found / neighbours.wanted;
  if (recall >= recallBounds.fineMin) return null;
  const { healthyMin, lossBelow } = overlapBounds;
  const severity = recall >= healthyMin ? "slight" : recall >= lossBelow ? "investigate" : "severe";
  const detail = `${percent(recall)} of the true neighbours are found over the same stored vectors`;
  return { cause: "approximate-search", severity, detail };
}

function storedFinding({ stored }: DriftEvidence): DriftFinding | null {
  const moved = stored.filter((distance) => distance > driftBounds.fineMax);
  if (moved.length === 0) return null;
  const worst = Math.max(...moved);
  return {
    cause: "stored-vectors",
    severity: severityOf(worst),
    detail:
      `${moved.length} of ${stored.length} stored vectors are not what the embedder makes of ` +
      `their texts, by up to ${worst.toFixed(3)}`,
  };
}

/** By cosine distance. */
export function severityOf(distance: number): DriftSeverity {
  if (distance >= driftBounds.severeMin) return "severe";
  return distance >= driftBounds.investigateMin ? "investigate" : "slight";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
