/** The embedder as a service, with vectors made from the text's hash and not by the model. */
import { parseArgs } from "node:util";
import { runEmbedderService } from "@tidemark/embedder";
import { fixedEmbedder } from "../fixed-embedder.ts";

const { values } = parseArgs({
  options: {
    config: { type: "string", multiple: true, default: [] },
    host: { type: "string" },
    port: { type: "string" },
  },
});
const { config, host = null, port } = values;

await runEmbedderService({
  version: "benchmark",
  configFiles: config,
  host,
  port: port === undefined ? null : Number(port),
  wrap: fixedEmbedder,
});
