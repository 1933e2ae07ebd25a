/** The one process as the benchmark starts it; its argument says how, as JSON. */
import { runEmbedded, type RunOptions } from "@tidemark/embedded";
import { fixedEmbedder } from "./fixed-embedder.ts";

export interface EmbeddedArguments {
  readonly run: RunOptions;
  /** Vectors come from the text's hash, not from the model. */
  readonly fixedVectors: boolean;
}

const { fixedVectors, run } = JSON.parse(process.argv[2] ?? "") as EmbeddedArguments;
const wrap = {
  database: <T>(database: T): T => database,
  embedder: fixedEmbedder,
};

await runEmbedded({ ...run, ...(fixedVectors ? { wrap } : {}) });
