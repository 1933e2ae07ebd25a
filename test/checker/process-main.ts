/** The one process as its tests start it: `process-main.ts DATA_DIRECTORY CONFIG_FILE`. */
import { runEmbedded } from "@tidemark/embedded";

const [dataDirectory, configFile] = process.argv.slice(2);
if (!dataDirectory || !configFile) throw new Error("a data directory and a config are expected");

await runEmbedded({
  path: null,
  host: "127.0.0.1",
  port: 0,
  dataDirectory,
  configFiles: [configFile],
  mode: "serve",
});
