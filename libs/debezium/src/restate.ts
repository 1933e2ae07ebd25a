/**
 * States documents again whose newest state the log lost to an older one that was appended later, or
 * that are to be repaired: at the same revision, from what the log still holds of them.
 */
import {
  compareRevisions,
  decodeMutation,
  type DocumentId,
  type Hint,
  type Mutation,
  type MutationDraft,
} from "@tidemark/domain";
import { mutationsTopic, type DocumentHistory, type EventLog } from "@tidemark/pipeline";
import { appendDrafts } from "./publish-effects.ts";

type Whole = Extract<Mutation, { readonly kind: "upsert" | "delete" }>;

const recordsMax = 50;

/** @returns those of which the log holds nothing any more */
export async function restate(
  { history, log }: { readonly history: DocumentHistory; readonly log: EventLog },
  asked: readonly { readonly id: DocumentId; readonly reason: Hint["reason"] }[],
): Promise<readonly DocumentId[]> {
  const unknown: DocumentId[] = [];
  for (const { id, reason } of asked) {
    const newest = await newestOf(history, id);
    if (newest) await appendDrafts(log, [{ ...draftOf(newest), reason }]);
    else unknown.push(id);
  }
  return unknown;
}

async function newestOf(history: DocumentHistory, id: DocumentId): Promise<Whole | null> {
  let newest: Whole | null = null;
  for (const { offset, value } of await history.recordsOf(mutationsTopic, id, recordsMax)) {
    const mutation = decodeMutation(value ?? "", offset);
    if (!("kind" in mutation) || mutation.documentId !== id) continue;
    if (mutation.kind !== "upsert" && mutation.kind !== "delete") continue;
    if (!newest || compareRevisions(mutation.revision, newest.revision) > 0) newest = mutation;
  }
  return newest;
}

function draftOf({ permissions, revision, ...mutation }: Whole): MutationDraft {
  return {
    ...mutation,
    ...revision,
    permissions:
      permissions.kind === "only"
        ? { kind: "only", principals: [...permissions.principals] }
        : permissions,
  };
}
