import { sha256Hex } from "@tidemark/domain";
import type { EmbeddingSpace } from "@tidemark/pipeline";

/** All of a space that decides a vector → one hash. The name for people is not in it. */
export function spaceFingerprint(space: EmbeddingSpace): string {
  return sha256Hex(
    space.weightsDigest,
    space.tokenizerDigest,
    String(space.dimension),
    String(space.tokensMax),
    space.pooling,
    space.metric,
    space.documentPrefix,
    space.queryPrefix,
  ).slice(0, 32);
}
