import type { Stage } from "@tidemark/pipeline";

/** A stage whose records are the names of documents, one at a time; it does nothing with them. */
export function aWorkerStage(own: Partial<Stage<string>> = {}): Stage<string> {
  return {
    name: "worker",
    topic: "work",
    group: "workers",
    documentsMax: 1,
    concurrency: 1,
    decode: (record) => record.value,
    keyOf: (item) => item,
    urgencyOf: () => 1,
    handle: async () => {},
    setAside: async (task) => ({ documentId: task.key, revision: null }),
    passMarker: async () => {},
    ...own,
  };
}
