/** What is said of a document that a search was expected to find: where it was lost, and what helps. */
import type { DocumentId, GenerationId, Revision, Unmet } from "@tidemark/domain";
import type { Part, WayStage } from "../service/pending-view.ts";

/** The way of a document into the answer of a search, in order; the first that loses it is told. */
export const searchSteps = [
  "known",
  "indexed",
  "allowed",
  "filter",
  "candidates",
  "rank",
  "found",
] as const;
export type SearchStep = (typeof searchSteps)[number];

/**
 *   step         what loses a document there
 *   known        nothing is known of it, or of what it says
 *   indexed      its points are not there
 *   allowed      a policy keeps the asker out
 *   filter       the request leaves it out
 *   candidates   it is not among what the index was asked for
 *   rank         others come before it
 */
export const lossReasons = {
  known: [
    "unknown",
    "unknownSource",
    "neverSeen",
    "excluded",
    "waiting",
    "failed",
    "superseded",
    "deleted",
    "archived",
    "empty",
  ],
  indexed: ["points"],
  allowed: ["tenant", "permissions", "unreadable"],
  filter: ["source", "condition"],
  candidates: ["approximation", "copies", "bound", "changed"],
  rank: ["limit", "preferCurrent"],
} as const;
export type LossReason = (typeof lossReasons)[Exclude<SearchStep, "found">][number];

/** What became of it, in one sentence, and what is to be done. */
export interface Loss {
  readonly step: SearchStep;
  /** Null for what is found. */
  readonly reason: LossReason | null;
  readonly explanation: string;
  readonly fix: string | null;
}

/** Where a document stands among those that the asker may read. */
export interface Placing {
  /** From 1; null beyond the ranks that are looked at. */
  readonly rank: number | null;
  readonly limit: number;
  readonly score: number;
  /** Of the last one that got in; null when there was none. */
  readonly lastScore: number | null;
  readonly bestScore: number | null;
}

/** Of a document's chunks the one nearest to the question. */
export interface NearestChunk {
  /** From 0, in the order of the text. */
  readonly ordinal: number;
  readonly chunks: number;
  readonly score: number;
  readonly heading: readonly string[];
  /** Null where the asker may not read it. */
  readonly text: string | null;
}

export interface SearchWhyReport extends Loss {
  readonly documentId: DocumentId;
  /** The one that was searched. */
  readonly generation: GenerationId;
  readonly revision: { readonly seen: Revision; readonly indexed: Revision | null } | null;
  readonly placing: Placing | null;
  /** The condition that it does not meet. */
  readonly unmet: Unmet | null;
  readonly nearest: NearestChunk | null;
  /** Where a change of it is on its way. */
  readonly waiting: {
    readonly stage: WayStage;
    readonly waitsFor: Part;
    readonly trouble: string | null;
    readonly sinceMs: number | null;
  } | null;
  /** What else is worth knowing. */
  readonly hints: readonly string[];
}
