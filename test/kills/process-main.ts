/** The one process, wired as ever, with a hand on its database and its embedder that may end it. */
import { runEmbedded, type Wrap } from "@tidemark/embedded";
import { killWrap } from "./kill-wrap.ts";
import { Killer } from "./killer.ts";
import { killArmedVariable, killNoteVariable, killVariable, parseKill } from "./kill-step.ts";

const [dataDirectory, configFile] = process.argv.slice(2);
if (!dataDirectory || !configFile) throw new Error("a data directory and a config are expected");

await runEmbedded({
  path: null,
  host: "127.0.0.1",
  port: 0,
  dataDirectory,
  configFiles: [configFile],
  mode: "serve",
  ...wrapFrom(process.env),
});

function wrapFrom(environment: NodeJS.ProcessEnv): { readonly wrap?: Wrap } {
  const plan = environment[killVariable];
  const noteFile = environment[killNoteVariable];
  if (!plan || !noteFile) return {};
  const armed = environment[killArmedVariable] === "1";
  const killer = new Killer({ plan: parseKill(plan), noteFile, armed });
  process.on("message", () => killer.arm());
  return { wrap: killWrap(killer) };
}
