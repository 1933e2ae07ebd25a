/** Whether a part of a document may be written: the document itself must be where the part will be. */
import { compareRevisions, decodeMutation, type DocumentId } from "@tidemark/domain";
import { RequestError } from "../operations.ts";
import type { DocumentHistory } from "../ports/document-history.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import { mutationsTopic } from "../topics.ts";
import type { Generations } from "./generations.ts";
import { pushTargetOf } from "./push-target.ts";
import type { ServedSource } from "./served-source.ts";

/**
 * A part stands in the same partition as its document, or an index that is made anew may read it
 * first and lose it: the document must have been put since the log became what it is.
 * @throws RequestError 404 for a document that is not there, 409 for one of an older log
 */
export async function refuseUnwritten(
  {
    generations,
    history,
    index,
  }: {
    readonly generations: Generations;
    readonly history: DocumentHistory;
    readonly index: VectorIndex;
  },
  source: ServedSource,
  key: string,
): Promise<void> {
  const { epoch } = await pushTargetOf(source);
  const id = `${source.name}/${key}` as DocumentId;
  const [manifest] = await index.manifests(generations.active.id, [id]);
  const isSeen = manifest && manifest.seen.offset >= 0 && !manifest.seen.deleted;
  if (isSeen && manifest.seen.revision.epoch >= epoch) return;
  // It may have been written a moment ago and not been seen yet.
  const [newest] = await history.recordsOf(mutationsTopic, id, 1);
  const mutation = newest && decodeMutation(newest.value ?? "", newest.offset);
  if (mutation && "kind" in mutation && mutation.revision.epoch >= epoch) {
    const seen = manifest?.seen.revision;
    const isPending = !seen || compareRevisions(mutation.revision, seen) > 0;
    if (isPending && mutation.kind !== "delete") return;
  }
  if (!isSeen) throw new RequestError(404, "unknown-document", `no document ${id}; PUT it first`);
  throw new RequestError(
    409,
    "older-log",
    `document ${id} was written before the log became another one or had partitions added: ` +
      "PUT it again, and what is PATCHed after that stays with it",
  );
}
