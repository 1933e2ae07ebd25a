/** The state of a document before a change, from what was published of it last. */
import {
  decodeMutation,
  documentId,
  type DocumentId,
  type MutationDraft,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { mutationsTopic, type DocumentHistory } from "@tidemark/pipeline";
import type { StateBefore } from "./complete-row.ts";

const recordsMax = 8;

type Stated = Pick<MutationDraft, "kind" | "metadata" | "body" | "sourceDigest"> & {
  readonly revision: Revision;
};

export interface BeforeOptions {
  readonly source: SourceName;
  readonly history: DocumentHistory;
  /** What is about to be published, oldest first. */
  readonly pending: readonly MutationDraft[];
}

/**
 * Null where the text is not known: the row was none of ours before, or it is too long ago.
 *
 * @param moved whether the row had another key before, and this is that key: it was deleted with the
 * very change that is to be completed, and what counts is what it was before
 */
export async function stateBefore(
  { history, pending, source }: BeforeOptions,
  key: string,
  { at, moved }: { readonly at: Revision; readonly moved: boolean },
): Promise<StateBefore | null> {
  const id = documentId(source, key);
  for (const stated of await statedOf(history, pending, id)) {
    const isThisMove =
      moved &&
      stated.kind === "delete" &&
      stated.revision.epoch === at.epoch &&
      stated.revision.position === at.position;
    if (!isThisMove) return textOf(stated);
  }
  return null;
}

/** Newest first. */
async function statedOf(
  history: DocumentHistory,
  pending: readonly MutationDraft[],
  id: DocumentId,
): Promise<readonly Stated[]> {
  const due = pending
    .filter((draft) => draft.documentId === id)
    .map((draft) => ({
      ...draft,
      revision: { epoch: draft.epoch, position: draft.position ?? 0 },
    }));
  const [newest] = due.toReversed();
  if (newest && newest.kind === "upsert") return [newest];
  const records = await history.recordsOf(mutationsTopic, id, recordsMax);
  const logged = records.flatMap(({ offset, value }) => {
    const mutation = decodeMutation(value ?? "", offset);
    const isIts = "kind" in mutation && mutation.documentId === id;
    return isIts && (mutation.kind === "upsert" || mutation.kind === "delete") ? [mutation] : [];
  });
  return [...due.toReversed(), ...logged];
}

function textOf({ body, kind, metadata, sourceDigest }: Stated): StateBefore | null {
  if (kind !== "upsert" || body?.content.kind !== "text" || sourceDigest === null) return null;
  return { text: body.content.text, sourceDigest, metadata };
}
