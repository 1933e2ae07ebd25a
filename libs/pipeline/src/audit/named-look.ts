/** Documents that somebody names are looked at in full, each by itself: nothing else is read. */
import { noDigests, type DocumentId } from "@tidemark/domain";
import type { AuditedSource, AuditRun } from "./audit-run.ts";
import type { FirstLook } from "./first-look.ts";

/** Each waits in the spool to be looked at, as what differed in a range would. */
export async function lookAtNamed(
  { fold, generation, index, signal, spool }: AuditRun,
  { from }: AuditedSource,
  documents: readonly DocumentId[],
): Promise<FirstLook> {
  await fold.advance(signal);
  spool.putSuspects(documents.map((id) => ({ id, observation: null, faults: [] })));
  const manifests = await index.manifests(generation.id, documents);
  const sample = documents.filter((_, at) => manifests[at]?.indexed);
  return {
    isListed: from !== null,
    why: null,
    listed: 0,
    logged: spool.logged(documents).filter((logged) => logged !== null).length,
    manifests: manifests.filter((manifest) => manifest).length,
    points: sample.length,
    digests: noDigests,
    rangesCompared: 0,
    sample,
    // What was set aside is told by `why`, and counted by the audit of the whole source.
    setAside: { documents: 0, examples: [] },
  };
}
