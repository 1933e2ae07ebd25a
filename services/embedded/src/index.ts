export type { Wrap } from "@tidemark/assembly";
export { restoreData } from "./restore-data.ts";
export { runEmbedded, type RunOptions } from "./run-embedded.ts";
export { processNoteFile } from "./process-note.ts";
