/** What carries promise 6: work is proportional to change. */
import type { Fence } from "./fence.ts";

export const proportionalWork: readonly Fence[] = [
  {
    promise: 6,
    does: "A chunk that is live already is kept.",
    file: "libs/domain/src/chunk-diff.ts",
    before: "!options.rewrite && before.has(chunk.digest);",
    after: "false && chunk;",
    test: "chunks that are live already are neither embedded nor written again",
  },
  {
    promise: 6,
    does: "A text that is live anywhere has its vector already.",
    file: "libs/sqlite/src/point-operations.ts",
    before:
      "      connection.get<{ data: Uint8Array }>(selectVectorOfPoint, textHash, wanted.tenant, number) ??",
    after: "",
    test: "a renamed document embeds nothing",
  },
  {
    promise: 6,
    does: "A text that was swept has its vector still.",
    file: "libs/sqlite/src/point-operations.ts",
    before: `number) ??
      connection.get<{ data: Uint8Array }>(selectVectorOfCache, textHash, wanted.tenant, number);`,
    after: "number);",
    test: "a text that was taken out and comes back embeds nothing",
  },
  {
    promise: 6,
    does: "Changes of a document wait for the end of its window.",
    file: "libs/pipeline/src/run-stage/pending-documents.ts",
    before: "    const waitMs = window ? this.#quiet.waitOf(key, window, this.#clock.nowMs()) : 0;",
    after: "    const waitMs = 0;",
    test: "fifty changes within the window are embedded in two runs, and the last one wins",
  },
  {
    promise: 6,
    does: "A document whose listed digest is the known one is not asked for.",
    file: "libs/domain/src/reconcile.ts",
    before: "  if (listed && known && listed.digest !== known.digest) return",
    after: "  if (listed && known) return",
    test: "a scan of what has not changed asks for nothing",
  },
  {
    promise: 6,
    does: "Where the content is the live one, the indexed half follows what is seen.",
    file: "libs/domain/src/manifest-plan.ts",
    before: "    : follow(seen, current.indexed, input.nowMs);",
    after: "    : current.indexed;",
    test: "a change of metadata alone is indexed without chunking or embedding",
  },
  {
    promise: 6,
    does: "What is archived waits until it is not.",
    file: "libs/pipeline/src/stages/chunk.ts",
    before: `  return mayEmbed(actionFor(mutation.archived ? "archived" : "edited"));`,
    after: "  return true;",
    test: "an archived document is not chunked and embeds nothing",
  },
  {
    promise: 6,
    does: "A request with one bad text is halved until the text stands alone.",
    file: "libs/pipeline/src/stages/vectors-for.ts",
    before: "    const half = Math.ceil(texts.length / 2);",
    after: "    throw error;",
    test: "one chunk that can never be embedded is found by halving, and the other 63 land",
  },
];
