import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { runEmbedderService } from "./run-embedder-service.ts";

export { runEmbedderService } from "./run-embedder-service.ts";

/** Runs until told to stop and ends the process with its exit code. */
export function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", multiple: true, default: [] },
      host: { type: "string" },
      port: { type: "string" },
    },
  });
  const { config, host = null, port } = values;
  return runEmbedderService({
    version: packageJson.version,
    configFiles: config,
    host,
    port: port === undefined ? null : Number(port),
  });
}
