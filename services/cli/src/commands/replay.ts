import type { ReplayWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import {
  asking,
  clientFor,
  instant,
  outputFor,
  tell,
  type Common,
  type Session,
} from "../command.ts";
import { replayText } from "../format/replay-text.ts";
import { perSecond, replayCommands } from "./replay-running.ts";
import { watchReplay } from "./watch-replay.ts";

interface Options extends Common {
  readonly source?: string;
  readonly document?: string;
  readonly since?: string;
  readonly generation?: string;
  readonly force?: true;
  readonly all?: true;
  readonly speed?: number | null;
  readonly yes?: true;
  readonly watch?: true;
}

const replayTimeoutMs = 60 * 60_000;

export function replayCommand(program: Command, session: Session): void {
  const replay = asking(program.command("replay"))
    .summary("handle again what the log still holds")
    .description("Handle again what the log still holds. A dry run unless --yes is given.")
    .option("--source <name>", "of this source")
    .option("--document <id>", "of this document")
    .option("--since <time>", "since an instant, or a duration ago such as 2h")
    .option("--generation <id>", "into this generation, rather than the active one")
    .option("--all", "of everything")
    .option("--force", "also what is indexed and unchanged: points are verified and rewritten")
    .option("--speed <documents>", "so many documents a second at most", perSecond)
    .option("--yes", "do it, rather than say what would be done")
    .option("-w, --watch", "and wait until it is done")
    .action(async (options: Options) => {
      const client = clientFor(session, options);
      const output = outputFor(session, options);
      const report = await client.ask<ReplayWire>("/v1/replay", {
        timeoutMs: replayTimeoutMs,
        body: bodyOf(options, session.terminal.nowMs()),
      });
      const watched = options.watch === true ? report.id : null;
      // Of JSON there is one document: that of how it ended.
      if (watched === null || !options.json) {
        tell(output, options, { value: report, text: replayText });
      }
      if (watched !== null) await watchReplay(watched, { client, options, output, session });
    });
  replayCommands(replay, session);
}

function bodyOf(options: Options, nowMs: number): object {
  const { all, document, force, generation, since, source, speed, yes } = options;
  if (!all && [document, generation, since, source].every((each) => each === undefined)) {
    throw new CliError(exitCodes.usage, "what is to be handled again was not said", {
      fix: "name it with --source, --document, --since or --generation, or say --all",
    });
  }
  return {
    source,
    document,
    since: since === undefined ? undefined : instant(since, nowMs),
    generation,
    dryRun: yes !== true,
    force: force === true,
    perSecond: speed,
  };
}
