/**
 * Why a search that was just run lacks a document of the index. Nothing is worked out that the search
 * works out itself: it is run again with one thing undone, and what brings the document back is why.
 */
import {
  compareRevisions,
  denialOf,
  formatRevision,
  type Denial,
  type DocumentId,
  type Manifest,
  type Policy,
  type Unmet,
} from "@tidemark/domain";
import type { Candidate, VectorIndex } from "../ports/vector-index.ts";
import { candidatesMax, listedOf } from "./candidates.ts";
import type { Loss, Placing } from "./lost-document.ts";
import { unmetBy } from "./readable.ts";
import { penaltyOf, searchRanked, type IndexSearch, type SearchedIndex } from "./search.ts";

/** Ranks are told up to here. */
export const probedRanksMax = 500;

export interface IndexLoss extends Loss {
  readonly placing: Placing | null;
  readonly unmet: Unmet | null;
}

export interface Missed {
  /** Of a document that is searchable for somebody. */
  readonly manifest: Manifest;
  /** Its listed chunks, best first. */
  readonly listed: readonly Candidate[];
  readonly searched: SearchedIndex;
  /** Whether its readers may be named. */
  readonly isTold: boolean;
}

/** The document's listed chunks by their score, whatever their rank. */
export async function chunksWithin(
  index: VectorIndex,
  { generation, vector }: Pick<IndexSearch, "generation" | "vector">,
  manifest: Manifest,
): Promise<readonly Candidate[]> {
  const ids = [manifest.documentId];
  return listedOf(manifest, await index.searchWithin(generation.id, vector, ids, candidatesMax));
}

export async function explainLoss(
  index: VectorIndex,
  search: IndexSearch,
  missed: Missed,
): Promise<IndexLoss> {
  const { listed, manifest } = missed;
  const [best] = listed;
  const lacksPoints = () => ({ ...noPoints(manifest), placing: null, unmet: null });
  if (!best && manifest.indexed && manifest.indexed.live.length > 0) return lacksPoints();
  const denied = denial(missed, search);
  if (denied) return { ...denied, placing: null, unmet: null };
  const unmet = unmetBy(manifest, search);
  if (unmet) return { ...filtered(unmet, manifest), placing: null };
  if (!best) return lacksPoints();
  const lost = await explainRank(index, search, { ...missed, best });
  return { ...lost, unmet: null };
}

/** Where the document stands in what a search found; null where it is not in it. */
export function placingOf(
  { documentId }: Pick<Manifest, "documentId">,
  { ranked }: Pick<SearchedIndex, "ranked">,
  { limit }: Pick<IndexSearch, "limit">,
): (Placing & { readonly rank: number }) | null {
  const at = ranked.findIndex(({ manifest }) => manifest.documentId === documentId);
  const hit = ranked[at];
  return hit ? { rank: at + 1, score: hit.score, ...bounds(ranked, limit) } : null;
}

function bounds(ranked: SearchedIndex["ranked"], limit: number) {
  const last = ranked.slice(0, limit).at(-1);
  return { limit, lastScore: last?.score ?? null, bestScore: ranked[0]?.score ?? null };
}

function noPoints({ indexed }: Manifest): Loss {
  const chunks = indexed?.live.length ?? 0;
  return {
    step: "indexed",
    reason: "points",
    explanation: `its ${chunks} chunks are listed and none of them is stored: the index has lost them`,
    fix: "tidemark audit --repair",
  };
}

/** The newest policy first; that of the content that is live may still be a stricter one. */
function denial({ isTold, manifest }: Missed, { asker }: IndexSearch): Loss | null {
  const { indexed, seen } = manifest;
  const newest = denialOf(seen.policy, asker);
  if (newest) return deniedBy(newest, seen.policy, { isTold });
  const ofContent = indexed && denialOf(indexed.policy, asker);
  if (!ofContent) return null;
  const { reason } = deniedBy(ofContent, indexed.policy, { isTold });
  return {
    step: "allowed",
    reason,
    explanation:
      `revision ${formatRevision(seen.revision)} allows the asker, but the content that is live is of ` +
      `revision ${formatRevision(indexed.revision)} and was written under a stricter policy`,
    fix: "wait until its newest revision is embedded",
  };
}

const readersToldMax = 10;

function deniedBy(reason: Denial, policy: Policy, { isTold }: Pick<Missed, "isTold">): Loss {
  const step = "allowed";
  switch (reason) {
    case "tenant":
      return {
        step,
        reason,
        explanation: isTold
          ? `it is of tenant ${policy.tenant}, and the search is for another one`
          : "it is of another tenant than the search is for",
        fix: "ask for its tenant: --tenant",
      };
    case "unreadable":
      return {
        step,
        reason,
        explanation: "its permissions are not known, so nobody may read it",
        fix: "give it permissions: front matter, a rule of its source, or a PATCH",
      };
    case "permissions": {
      const names = policy.permissions.kind === "only" ? policy.permissions.principals : [];
      const some = names.slice(0, readersToldMax).join(", ");
      const readers = names.length > readersToldMax ? `${some} and others` : some || "nobody";
      return {
        step,
        reason,
        explanation: isTold
          ? `its policy does not allow the asker: its readers are ${readers}`
          : "its policy does not allow the asker",
        fix: "ask as one of its readers: --principal",
      };
    }
  }
}

function filtered(
  unmet: "source" | Unmet,
  { source }: Manifest,
): Loss & { readonly unmet: Unmet | null } {
  const step = "filter";
  if (unmet === "source") {
    return {
      step,
      reason: "source",
      explanation: `the search is about other sources than ${source}`,
      fix: `ask for its source: --source ${source}, or for none`,
      unmet: null,
    };
  }
  const { condition, field, value } = unmet;
  const has = value === null ? "does not have that field" : `has ${JSON.stringify(value)}`;
  return {
    step,
    reason: "condition",
    explanation: `the filter asks for ${field} ${JSON.stringify(condition)}, and the document ${has}`,
    fix: `leave out the condition on ${field}, or change the document's metadata`,
    unmet,
  };
}

type Ranking = Missed & { readonly best: Candidate };
type Placed = Loss & { readonly placing: Placing };

/**
 *   the document                                          what lost it
 *   is among the hits and has no point any more           it changed meanwhile
 *   was fetched, and others come before it                the limit
 *   is a hit when every point is compared                 the approximation; where it is one when it
 *                                                         is asked for again, it changed meanwhile
 *   is beyond the limit when every point is compared      the limit
 *   is within it, when more is asked for                  what the search may fetch
 *   is nowhere, though others that are less near are      copies that narrow candidates
 */
async function explainRank(
  index: VectorIndex,
  search: IndexSearch,
  missed: Ranking,
): Promise<Placed> {
  const { manifest, searched } = missed;
  const { limit } = search;
  const fetched = placingOf(manifest, searched, search);
  if (fetched) return fetched.rank <= limit ? changed(fetched) : outranked(fetched, missed, search);
  if (!search.exact) {
    const exact = await searchRanked(index, { ...search, exact: true });
    const placing = placingOf(manifest, exact, search);
    if (placing && placing.rank <= limit) {
      const again = placingOf(manifest, await searchRanked(index, search), search);
      return again && again.rank <= limit ? changed(again) : approximated(placing);
    }
  }
  const probed = await searchRanked(index, {
    ...search,
    exact: true,
    limit: Math.max(limit, probedRanksMax),
  });
  const placing = placingOf(manifest, probed, search);
  if (placing) {
    return placing.rank <= limit
      ? beyondBound(placing, searched)
      : outranked({ ...placing, ...bounds(searched.ranked, limit) }, missed, search);
  }
  const score = missed.best.score * penaltyOf(manifest, search);
  const unplaced = { rank: null, score, ...bounds(searched.ranked, limit) };
  const last = probed.ranked[Math.max(limit, probedRanksMax) - 1];
  if (last && last.score >= score) return outranked(unplaced, missed, search);
  if (!probed.found.complete) return beyondBound(unplaced, probed);
  return narrowedOut(unplaced, manifest);
}

function changed(placing: Placing): Placed {
  return {
    step: "candidates",
    reason: "changed",
    explanation: "it changed while it was read",
    fix: "ask again",
    placing,
  };
}

function approximated(placing: Placing): Placed {
  return {
    step: "candidates",
    reason: "approximation",
    explanation:
      `an exact search has it at rank ${placing.rank} with ${figure(placing.score)}, ` +
      "and the approximate one of the index did not return it",
    fix: "ask exactly (--exact), or for more (--limit); `tidemark sentinels` tells how much is lost",
    placing,
  };
}

function beyondBound(
  placing: Placing,
  { decidedCount, found }: Pick<SearchedIndex, "decidedCount" | "found">,
): Placed {
  const why = found.incompleteReason ?? "it had enough";
  return {
    step: "candidates",
    reason: "bound",
    explanation: `the search ended after ${decidedCount} documents, before it came to this one: ${why}`,
    fix: "ask for more (--limit), or narrow what is searched (--filter, --source)",
    placing,
  };
}

function narrowedOut(placing: Placing, { copied, documentId, seen }: Manifest): Placed {
  const isBehind = compareRevisions(copied, seen.revision) < 0;
  return {
    step: "candidates",
    reason: "copies",
    explanation: isBehind
      ? `its points still carry policy and metadata of revision ${formatRevision(copied)}; ` +
        `those of revision ${formatRevision(seen.revision)} follow`
      : "its points carry another policy or other metadata than it has, and are left out by them",
    fix: isBehind ? "ask again in a moment" : repairOf(documentId),
    placing,
  };
}

function repairOf(id: DocumentId): string {
  return `tidemark audit --repair, or tidemark replay --document ${id} --force --yes`;
}

function outranked(placing: Placing, { best }: Ranking, { limit }: IndexSearch): Placed {
  const { lastScore, rank, score } = placing;
  const last = lastScore === null ? "" : `; the last that got in has ${figure(lastScore)}`;
  if (lastScore !== null && best.score > lastScore && best.score > score) {
    return {
      step: "rank",
      reason: "preferCurrent",
      explanation:
        `a newer revision of it is on its way, which lowered its score from ${figure(best.score)} ` +
        `to ${figure(score)}${last}`,
      fix: "ask with a lower `preferCurrent`, or wait for its newer revision",
      placing,
    };
  }
  const where =
    rank === null ? `beyond rank ${Math.max(limit, probedRanksMax)}` : `at rank ${rank}`;
  const more = rank === null ? "" : `ask for ${rank} or more (--limit), or `;
  return {
    step: "rank",
    reason: "limit",
    explanation: `it is ${where} of the ${limit} asked for, with ${figure(score)}${last}`,
    fix: `${more}narrow what is searched (--filter, --source)`,
    placing,
  };
}

function figure(score: number): string {
  return score.toFixed(3);
}
