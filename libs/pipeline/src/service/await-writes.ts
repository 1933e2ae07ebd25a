/** Read your writes: wait until the manifests of these documents have come so far. */
import { statusOfWrite, type GenerationId, type WriteToken } from "@tidemark/domain";
import type { AwaitedWrite } from "../operations.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";

const lookEveryMs = 15;

/** Waits at most `waitMs`; what is not visible by then is answered as pending. */
export async function awaitWrites(
  index: VectorIndex,
  generation: GenerationId,
  writes: readonly WriteToken[],
  options: { readonly waitMs: number; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<readonly AwaitedWrite[]> {
  const endMs = options.clock.nowMs() + options.waitMs;
  while (true) {
    const manifests = await index.manifests(
      generation,
      writes.map((write) => write.documentId),
    );
    const statuses = writes.map((write, at) => ({
      ...write,
      status: statusOfWrite(manifests[at], write.revision),
    }));
    const isSettled = statuses.every(({ status }) => status.kind !== "pending");
    if (isSettled || options.clock.nowMs() >= endMs || options.signal?.aborted) {
      return statuses.map(({ documentId, revision, status }) => ({
        documentId,
        revision,
        status: status.kind,
        reason: status.kind === "failed" ? status.reason : null,
      }));
    }
    await options.clock.sleep(lookEveryMs, options.signal);
  }
}
