export type { Wrap } from "@tidemark/assembly";
export { bundledHandbook } from "./bundled-handbook.ts";
export { openCopy, type OpenedCopy } from "./open-copy.ts";
export { restoreData } from "./restore-data.ts";
export { runEmbedded, type RunOptions } from "./run-embedded.ts";
export { processNoteFile } from "./process-note.ts";
