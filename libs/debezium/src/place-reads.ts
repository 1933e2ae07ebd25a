/**
 * Rows that were read beside the changes have no LSN. Such a row is newer than what is known of its
 * document, and older than every change to come: that has a higher LSN, also where its transaction
 * began before the read. So it stands right above what is known.
 */
import type { GenerationId, MutationDraft } from "@tidemark/domain";
import { untilRestricted, type Clock, type EventLog, type VectorIndex } from "@tidemark/pipeline";
import { skip, type Effects } from "./event-handler.ts";

export interface PlaceReadsOptions {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly generation: () => GenerationId;
}

/** To be called when everything before them is published; their drafts are given their positions. */
export async function placeReads(
  { clock, generation, index, log }: PlaceReadsOptions,
  effects: Effects,
  { epoch, signal }: { readonly epoch: number; readonly signal: AbortSignal },
): Promise<void> {
  const newest = new Map(effects.drafts.splice(0).map((draft) => [draft.documentId, draft]));
  const drafts = [...newest.values()];
  if (drafts.length === 0) return;
  await untilRestricted({ clock, log, generation: generation() }, signal);
  const manifests = await index.manifests(generation(), [...newest.keys()]);
  for (const [at, draft] of drafts.entries()) {
    const seen = manifests[at]?.seen;
    const isKnown = seen !== undefined && seen.revision.epoch === epoch;
    if (isKnown && isSame(seen, draft)) skip(effects, "unchanged");
    else
      effects.drafts.push({ ...draft, epoch, position: isKnown ? seen.revision.position + 1 : 0 });
  }
}

function isSame(
  seen: { readonly deleted: boolean; readonly sourceDigest: string | null },
  draft: MutationDraft,
): boolean {
  if (draft.kind === "delete") return seen.deleted;
  return !seen.deleted && draft.problem === null && seen.sourceDigest === draft.sourceDigest;
}
