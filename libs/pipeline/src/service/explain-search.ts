/**
 * Why a search lacks a document that it was expected to find: the search is run, and where the
 * document is not among its hits, each step of its way is looked at until one has lost it.
 */
import {
  digestOf,
  formatRevision,
  standingOf,
  type DocumentId,
  type Manifest,
} from "@tidemark/domain";
import type {
  AwaitedWrite,
  SearchRequest,
  SearchWhyReport,
  SearchWhyRequest,
} from "../operations.ts";
import type { Candidate, VectorIndex } from "../ports/vector-index.ts";
import { chunksWithin, explainLoss, placingOf } from "../query/explain-loss.ts";
import type { Loss, NearestChunk, Placing } from "../query/lost-document.ts";
import { isStale, mayKnow, mayRead } from "../query/readable.ts";
import { searchRanked, type IndexSearch } from "../query/search.ts";
import { knownFixes, knownLoss, type KnownAround } from "./known-loss.ts";
import { prepareSearch, type SearchAround } from "./prepare-search.ts";

export type ExplainAround = KnownAround & SearchAround;

type Asked = Pick<SearchWhyRequest, "audience" | "expected">;
type Report = Omit<SearchWhyReport, "documentId" | "generation">;

const nothing = {
  revision: null,
  placing: null,
  unmet: null,
  nearest: null,
  waiting: null,
  hints: [],
} satisfies Omit<Report, keyof Loss>;

/** @throws RequestError where the search itself would be refused */
export async function explainSearch(
  around: ExplainAround,
  request: SearchRequest,
  asked: Asked,
): Promise<SearchWhyReport> {
  const { index } = around;
  const { audience, expected } = asked;
  const { after, search } = await prepareSearch(around, request);
  const searched = await searchRanked(index, search);
  const [manifest] = await index.manifests(search.generation.id, [expected]);
  const about = { documentId: expected, generation: search.generation.id };
  const isKnown = manifest !== undefined && manifest.seen.offset >= 0;
  if (audience !== "everything" && !(isKnown && mayKnow(manifest, audience))) {
    return { ...about, ...unknown(expected) };
  }
  const listed = manifest ? await chunksWithin(index, search, manifest) : [];
  const facts = manifest ? await factsOf(around, search, { asked, listed, manifest }) : nothing;
  const placing = placingOf({ documentId: expected }, searched, search);
  if (searched.found.hits.some(({ documentId }) => documentId === expected)) {
    return { ...about, ...facts, ...found(placing), placing };
  }
  const { generation } = search;
  const unsettled = await knownLoss(around, { ...asked, generation, manifest });
  if (unsettled) return { ...about, ...facts, ...unsettled };
  if (!manifest) throw new Error(`${expected} is searchable and has no manifest`);
  const isTold = audience === "everything";
  const lost = await explainLoss(index, search, { isTold, listed, manifest, searched });
  const written = unseenWrite(after, asked, lost);
  return {
    ...about,
    ...facts,
    ...lost,
    ...written,
    hints: [...facts.hints, ...hintsOf(lost.placing)],
  };
}

/** The same for what is not there and for what may not be known to be there. */
function unknown(expected: DocumentId): Report {
  return {
    ...nothing,
    step: "known",
    reason: "unknown",
    explanation: `there is no document ${expected} that this key may read`,
    fix: "compare the id with its source; a key of an operator is told more",
  };
}

function found(placing: Placing | null): Loss {
  const at = placing ? ` at rank ${placing.rank} with ${placing.score.toFixed(3)}` : "";
  return { step: "found", reason: null, explanation: `it is found${at}`, fix: null };
}

async function factsOf(
  { index }: Pick<ExplainAround, "index">,
  { asker, generation }: IndexSearch,
  of: {
    readonly asked: Asked;
    readonly manifest: Manifest;
    readonly listed: readonly Candidate[];
  },
) {
  const { listed, manifest } = of;
  const { indexed, seen } = manifest;
  const live = indexed?.live ?? [];
  const stored = await index.existing(generation.id, manifest.documentId, live);
  const missing = live.length - stored.size;
  const isLost = missing > 0 && missing < live.length;
  const [best] = listed;
  return {
    ...nothing,
    revision: { seen: seen.revision, indexed: indexed?.revision ?? null },
    nearest: best ? await nearestOf(index, { asker, generation }, { best, manifest }) : null,
    hints: [
      ...(generation.state === "active"
        ? []
        : [`generation ${generation.id} is ${generation.state}: other searches read another one`]),
      ...(isStale(manifest) && standingOf(manifest) === "searchable"
        ? [`revision ${formatRevision(seen.revision)} is newer and on its way`]
        : []),
      ...(isLost ? [`${missing} of its ${live.length} chunks are not stored any more`] : []),
    ],
  };
}

async function nearestOf(
  index: VectorIndex,
  { asker, generation }: Pick<IndexSearch, "asker" | "generation">,
  { best, manifest }: { readonly best: Candidate; readonly manifest: Manifest },
): Promise<NearestChunk> {
  const live = manifest.indexed?.live ?? [];
  const [point] = await index.points(generation.id, [best.id]);
  return {
    ordinal: live.indexOf(digestOf(best.id)),
    chunks: live.length,
    score: best.score,
    heading: point && mayRead(manifest, asker) ? point.heading : [],
    text: point && mayRead(manifest, asker) ? point.text : null,
  };
}

/** A write of it that the request names, and that is not what the search looked at. */
function unseenWrite(
  after: readonly AwaitedWrite[],
  { expected }: Asked,
  { step }: Pick<Loss, "step">,
): Pick<Loss, "explanation" | "fix" | "reason" | "step"> | null {
  if (step !== "candidates" && step !== "rank") return null;
  const write = after.find(
    ({ documentId, status }) => documentId === expected && status !== "visible",
  );
  if (!write) return null;
  const written = `revision ${formatRevision(write.revision)}`;
  switch (write.status) {
    case "superseded":
      return {
        step: "known",
        reason: "superseded",
        explanation: `${written} was superseded by a newer one, whose content does not come as near`,
        fix: "ask in the words of its newest revision, or write again what was meant",
      };
    case "failed":
      return {
        step: "known",
        reason: "failed",
        explanation: `${written} failed: ${write.reason ?? "no reason is known"}; an older one is searched`,
        fix: knownFixes.failed,
      };
    case "pending":
    case "visible":
      return {
        step: "known",
        reason: "waiting",
        explanation: `${written} is on its way; an older one is searched`,
        fix: knownFixes.waiting,
      };
  }
}

/** A document so far below the last that got in was not meant by these words. */
const farBelowShare = 0.6;

function hintsOf(placing: Placing | null): readonly string[] {
  if (!placing || placing.lastScore === null || placing.lastScore <= 0) return [];
  if (placing.score > placing.lastScore * farBelowShare) return [];
  return [
    `its best chunk has ${placing.score.toFixed(3)} and the last hit ${placing.lastScore.toFixed(3)}: ` +
      "question and document differ in words, which is quality and not freshness",
  ];
}
