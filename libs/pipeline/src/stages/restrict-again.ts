/**
 * The restrictor's own step for one document, done again from its newest state by the log: where a
 * manifest was lost or is wrong, no record comes by again that would restrict it.
 */
import {
  planSeenAgain,
  stubManifest,
  type DocumentId,
  type GenerationId,
  type Seen,
  type Token,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";

/** A writer that loses this often in a row lets others go first. */
const lossesMax = 16;

/**
 * On the condition of the token that was read, as every write of a manifest: what is newer wins.
 * @returns false where the index has a newer revision than the log, or what is no manifest of the document
 */
export async function restrictAgain(
  around: {
    readonly index: VectorIndex;
    readonly generation: GenerationId;
    readonly clock: Clock;
    readonly token: () => Token;
  },
  id: DocumentId,
  logged: Seen | null,
): Promise<boolean> {
  const { clock, generation, index, token } = around;
  for (let losses = 0; losses <= lossesMax; losses += 1) {
    const [found] = await index.manifests(generation, [id]);
    if (!found && !logged) return true;
    // What is kept under another name than it has cannot be written on its own condition.
    if (found && found.documentId !== id) return false;
    const current = found ?? stubManifest(id, token());
    const plan = planSeenAgain(current, logged, { token: token(), nowMs: clock.nowMs() });
    if (!plan) return false;
    const { emptied, manifest } = plan;
    const { epoch, position } = manifest.seen.revision;
    // Nothing of a deleted document is live, whatever was written at its last revision.
    const sweep = emptied ? { revision: { epoch, position: position + 1 }, live: [] } : null;
    const commit = { manifest, tokenRead: found?.token ?? null, put: [], sweep };
    const [outcome] = await index.commit(generation, [commit], []);
    if (outcome === "won") return true;
  }
  throw new TransientError("a manifest is contended");
}
