import {
  planFailure,
  stubManifest,
  type GenerationId,
  type Mutation,
  type Token,
} from "@tidemark/domain";
import { TransientError, type PoisonError } from "../errors.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";

const lossesMax = 16;

/** Writes into the document's manifest why its revision was set aside, for whoever waits for it. */
export async function noteFailure(
  where: {
    readonly index: VectorIndex;
    readonly generation: GenerationId;
    readonly token: () => Token;
    readonly clock: Clock;
  },
  mutation: Mutation,
  error: PoisonError,
  contentHash: string | null = contentHashOf(mutation),
): Promise<void> {
  const { index, generation, token, clock } = where;
  const failure = {
    revision: mutation.revision,
    reason: error.reason,
    message: error.message,
    atMs: clock.nowMs(),
  };
  for (let losses = 0; losses <= lossesMax; losses += 1) {
    const [found] = await index.manifests(generation, [mutation.documentId]);
    const current = found ?? stubManifest(mutation.documentId, token());
    const manifest = planFailure(current, failure, { token: token(), contentHash });
    if (!manifest) return;
    const commit = { manifest, tokenRead: found?.token ?? null, put: [], sweep: null };
    const [outcome] = await index.commit(generation, [commit], []);
    if (outcome === "won") return;
  }
  throw new TransientError("manifest is contended");
}

function contentHashOf(mutation: Mutation): string | null {
  return mutation.kind === "upsert" ? (mutation.body?.contentHash ?? null) : null;
}
