/** Content is cut again, and compared with what a manifest lists of it. */
import { mayWait, type DocumentId, type FoundFault, type Manifest } from "@tidemark/domain";
import { PoisonError } from "../errors.ts";
import type { AuditRun } from "./audit-run.ts";
import { newestBody } from "./newest-body.ts";

/** Puts what lacks chunks, or has others than its content, among what is faulty. */
export async function recutDocuments(
  run: AuditRun,
  documents: readonly DocumentId[],
): Promise<void> {
  const { generation, index, signal, spool } = run;
  const manifests = await index.manifests(generation.id, documents);
  for (const [at, id] of documents.entries()) {
    signal.throwIfAborted();
    const manifest = manifests[at];
    const fault = manifest ? await recut(run, id, manifest) : null;
    if (fault) spool.putFaulty([{ id, faults: [fault] }]);
  }
}

/** Null also for what is on its way, or cannot be cut now: that is not for this to say. */
async function recut(
  { cut, generation, log, signal, spool }: AuditRun,
  id: DocumentId,
  manifest: Manifest,
): Promise<FoundFault | null> {
  const { indexed } = manifest;
  if (!indexed || mayWait(manifest) || indexed.failedChunks > 0) return null;
  if (indexed.fingerprint !== generation.fingerprint) return null;
  const [logged = null] = spool.logged([id]);
  const mutation = await newestBody(log, logged);
  if (mutation?.body?.contentHash !== indexed.contentHash) return null;
  try {
    const wanted = await cut(mutation, signal);
    return wanted && faultOf(wanted, indexed.live);
  } catch (error) {
    // It was cut once, and nobody can say now what of it is missing.
    if (error instanceof PoisonError) return null;
    throw error;
  }
}

function faultOf(wanted: readonly string[], live: readonly string[]): FoundFault | null {
  const listed = new Set(live);
  const lacking = wanted.filter((digest) => !listed.has(digest)).length;
  if (lacking > 0) {
    const detail = `${lacking} of the ${wanted.length} chunks of its content are not listed`;
    return { fault: "missing", detail };
  }
  const isSame = wanted.length === live.length && wanted.every((digest, at) => digest === live[at]);
  return isSame ? null : { fault: "stale", detail: "chunks are listed that its content has not" };
}
