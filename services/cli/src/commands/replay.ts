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
import { replayText } from "../format/operation-text.ts";

interface Options extends Common {
  readonly source?: string;
  readonly document?: string;
  readonly since?: string;
  readonly force?: true;
  readonly all?: true;
  readonly yes?: true;
}

const replayTimeoutMs = 60 * 60_000;

export function replayCommand(program: Command, session: Session): void {
  asking(program.command("replay"))
    .summary("handle again what the log still holds")
    .description("Handle again what the log still holds. A dry run unless --yes is given.")
    .option("--source <name>", "of this source")
    .option("--document <id>", "of this document")
    .option("--since <time>", "since an instant, or a duration ago such as 2h")
    .option("--all", "of everything")
    .option("--force", "also what is indexed and unchanged: points are verified and rewritten")
    .option("--yes", "do it, rather than say what would be done")
    .action(async (options: Options) => {
      const { all, document, since, source } = options;
      if (!all && document === undefined && since === undefined && source === undefined) {
        throw new CliError(exitCodes.usage, "what is to be handled again was not said", {
          fix: "name it with --source, --document or --since, or say --all",
        });
      }
      const report = await clientFor(session, options).ask<ReplayWire>("/v1/replay", {
        timeoutMs: replayTimeoutMs,
        body: {
          source,
          document,
          since: since === undefined ? undefined : instant(since, session.terminal.nowMs()),
          dryRun: options.yes !== true,
          force: options.force === true,
        },
      });
      tell(outputFor(session, options), options, { value: report, text: replayText });
    });
}
