/**
 * Documents that somebody asks for again, of a source whose own order gives positions: whoever reads
 * it states them as they are now. The hint stays on the log until that was done.
 */
import { decodeHint, type DocumentId, type Hint, type SourceName } from "@tidemark/domain";
import type { Stage } from "../run-stage/stage.ts";
import { hintsTopic, restaterGroup } from "../topics.ts";
import { urgencyOfHint } from "./resolve.ts";

export interface RestateDependencies {
  readonly source: SourceName;
  /** When it resolves, each is on the log as it is now. Throws `TransientError` when it cannot say. */
  readonly state: (
    asked: readonly { readonly id: DocumentId; readonly reason: Hint["reason"] }[],
  ) => Promise<void>;
}

export function restateStage({ source, state }: RestateDependencies): Stage<Hint> {
  return {
    name: "restater",
    topic: hintsTopic,
    group: restaterGroup(source),
    waitsForEver: true,
    documentsMax: 256,
    concurrency: 1,

    decode(record) {
      // What nobody can read, the resolver sets aside.
      const hint = decodeHint(record.value ?? "");
      return "problem" in hint || hint.source !== source ? null : hint;
    },
    keyOf: ({ documentId }) => documentId,
    urgencyOf: urgencyOfHint,

    async handle(tasks) {
      await state(
        tasks.map(({ items, key }) => {
          const isRepair = items.some(({ reason }) => reason === "repair");
          return { id: key as DocumentId, reason: isRepair ? "repair" : "reconcile" };
        }),
      );
    },

    setAside(task, error) {
      throw new Error(`stating ${task.key} again failed: ${error.message}`, { cause: error });
    },
    // Whoever resolves passes them on.
    async passMarker() {},
  };
}
