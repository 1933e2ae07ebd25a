/** Why nobody finds a document, whatever is asked: what is known of it, and where it waits. */
import {
  compareRevisions,
  decodeMutation,
  isConsuming,
  keyOf,
  sourceOf,
  standingOf,
  type Generation,
  type Manifest,
  type Standing,
} from "@tidemark/domain";
import type { DeadLetterView, SearchWhyReport, SearchWhyRequest } from "../operations.ts";
import type { DocumentHistory } from "../ports/document-history.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Loss, LossReason } from "../query/lost-document.ts";
import { chunkerGroup, mutationsTopic } from "../topics.ts";
import type { FreshnessBoard } from "./freshness-board.ts";
import { waitsFor, type Troubles } from "./pending-view.ts";
import type { SearchAround } from "./prepare-search.ts";
import { stateIn } from "./state-in-source.ts";
import { verdict } from "./why.ts";

export interface KnownAround extends Pick<SearchAround, "catalogue" | "index" | "sources"> {
  readonly log: EventLog;
  readonly history: DocumentHistory;
  readonly freshness: FreshnessBoard;
  readonly troubles: () => Troubles;
  readonly deadLetters: () => Promise<readonly DeadLetterView[]>;
}

export type KnownLoss = Loss & Pick<SearchWhyReport, "waiting">;

/** The document as it stands in the generation that was searched. */
export interface Judged extends Pick<SearchWhyRequest, "audience" | "expected"> {
  readonly generation: Generation;
  readonly manifest: Manifest | undefined;
}

type KnownReason = Extract<
  LossReason,
  "archived" | "deleted" | "empty" | "excluded" | "failed" | "neverSeen" | "waiting"
>;

/** Absent where a document is there for somebody. */
const reasons: Readonly<Partial<Record<Standing | "filtered" | "neverSeen", KnownReason>>> = {
  neverSeen: "neverSeen",
  filtered: "excluded",
  waiting: "waiting",
  failed: "failed",
  deleted: "deleted",
  archived: "archived",
  empty: "empty",
};

/** As everything else that is asked of the document says it; null where somebody finds it. */
export async function knownLoss(around: KnownAround, judged: Judged): Promise<KnownLoss | null> {
  const { audience, expected, manifest } = judged;
  const source = around.sources.get(sourceOf(expected));
  if (!source) return unknownSource(around, judged);
  const isOperator = audience === "everything";
  const inSource = isOperator ? await stateIn(source.from, keyOf(expected)) : "unknown";
  const told = verdict({ manifest, inSource, isHeld: false }, null);
  const pending = await pendingOf(around, judged);
  const isOnItsWay = told.standing === "neverSeen" && pending !== null;
  const standing = isOnItsWay ? "waiting" : told.standing;
  const reason = reasons[standing as keyof typeof reasons];
  if (!reason) return null;
  const waiting = reason === "waiting" ? (pending ?? unheard(around)) : null;
  const sentence = isOnItsWay ? "its source has stated it; it was not seen yet" : told.explanation;
  const when =
    manifest && reason === "deleted"
      ? `, seen at ${new Date(manifest.seen.seenAtMs).toISOString()}`
      : "";
  const elsewhere = isOperator ? await otherGeneration(around, judged) : "";
  return {
    step: "known",
    reason,
    explanation: `${sentence}${when}${waiting ? waitText(waiting) : ""}${elsewhere}`,
    fix: reason === "failed" && isOperator ? await retryOf(around, judged) : knownFixes[reason],
    // What is wrong with a part is an operator's business.
    waiting: waiting && (isOperator ? waiting : { ...waiting, trouble: null }),
  };
}

export const knownFixes: Readonly<Record<KnownReason, string>> = {
  neverSeen: "tidemark reconcile compares the source with the index",
  excluded: "the source's include, exclude and rules: tidemark config check",
  waiting: "tidemark freshness says what the oldest change waits for",
  failed: "tidemark dlq list",
  deleted: "put it into its source again",
  archived: "state it again as not archived",
  empty: "give it text, or another format: no text was found in it",
};

function unknownSource({ sources }: KnownAround, { expected }: Judged): KnownLoss {
  const known = [...sources.keys()].join(", ");
  return {
    step: "known",
    reason: "unknownSource",
    explanation: `no source ${sourceOf(expected)} is configured; there are: ${known}`,
    fix: "compare the id with `tidemark status`; what a source had that is configured no more is not found",
    waiting: null,
  };
}

async function retryOf({ deadLetters }: KnownAround, { expected }: Judged): Promise<string> {
  const letter = (await deadLetters()).find(({ documentId }) => documentId === expected);
  return letter ? `mend it in its source, or tidemark dlq retry ${letter.id}` : knownFixes.failed;
}

type Waiting = NonNullable<SearchWhyReport["waiting"]>;

function waitText({ stage, waitsFor: part }: Waiting): string {
  return `; it waits at stage ${stage} for the ${part}`;
}

/** Nothing but its source tells of it. */
function unheard({ troubles }: KnownAround): Waiting {
  const around = troubles();
  const part = waitsFor({ kind: "change", stage: "observe" }, around);
  return { stage: "observe", waitsFor: part, trouble: around[part] ?? null, sinceMs: null };
}

/** Where its newest change is, as freshness tells it, or else as the log does; null without one. */
async function pendingOf(
  { freshness, history, log, troubles }: KnownAround,
  { expected, generation, manifest }: Judged,
): Promise<Waiting | null> {
  const oldest = freshness.source(sourceOf(expected))?.oldest;
  if (oldest?.documentId === expected) {
    const { sinceMs, stage, trouble, waitsFor: part } = oldest;
    return { stage, waitsFor: part, trouble, sinceMs };
  }
  const [newest] = await history.recordsOf(mutationsTopic, expected, 1);
  const mutation = newest && decodeMutation(newest.value ?? "", newest.offset);
  if (!mutation || !("kind" in mutation) || mutation.kind === "delete") return null;
  const indexed = manifest?.indexed;
  if (indexed && compareRevisions(indexed.revision, mutation.revision) >= 0) return null;
  const cut = await log.acknowledged(mutationsTopic, chunkerGroup(generation.id));
  const stage = newest.offset < (cut.get(newest.partition) ?? 0) ? "embed" : "queue";
  const around = troubles();
  const part = waitsFor({ kind: "change", stage }, around);
  const sinceMs = mutation.kind === "unreadable" ? newest.appendedAtMs : mutation.observedAtMs;
  return { stage, waitsFor: part, trouble: around[part] ?? null, sinceMs };
}

/** Whether another generation that is kept has it. */
async function otherGeneration(
  { catalogue, index }: KnownAround,
  { expected, generation }: Judged,
): Promise<string> {
  for (const { id, state } of catalogue.generations) {
    if (id === generation.id || !isConsuming(state)) continue;
    const [manifest] = await index.manifests(id, [expected]);
    if (manifest && standingOf(manifest) === "searchable") {
      return `; generation ${id}, which is ${state}, has it`;
    }
  }
  return "";
}
