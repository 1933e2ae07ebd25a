import type { FreshnessWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { asking, clientFor, outputFor, type Common, type Session } from "../command.ts";
import { exitCodeOf, freshnessText } from "../format/freshness-text.ts";
import { moment } from "../format/amounts.ts";
import type { Output } from "../output.ts";

interface Options extends Common {
  readonly watch?: true;
}

const watchEveryMs = 2000;
const clearScreen = "\u001B[H\u001B[2J";

export function freshnessCommand(program: Command, session: Session): void {
  asking(program.command("freshness"))
    .summary("how far behind the index is")
    .description("Say how far behind its sources the index is.")
    .option("-w, --watch", `ask again every ${watchEveryMs / 1000} s, until interrupted`)
    .addHelpText("after", "\nExit codes: 0 met, 1 late, 2 breached, 3 cannot tell.")
    .action(async (options: Options) => {
      const client = clientFor(session, options);
      const output = outputFor(session, options);
      do {
        const report = await client
          .ask<FreshnessWire>("/v1/freshness")
          .catch((error: unknown) => unanswered(error, options));
        if (report instanceof CliError) output.failure(report);
        else print(report, { options, output, session });
        session.end(report instanceof CliError ? exitCodes.unknown : exitCodeOf(report.verdict));
      } while (options.watch && (await session.terminal.pause(watchEveryMs)));
    });
}

/** Whoever watches goes on; whoever asks once is told that it cannot be told. */
function unanswered(error: unknown, { watch }: Options): CliError {
  if (!(error instanceof CliError)) throw error;
  if (watch) return error;
  const { details, fix, message } = error;
  throw new CliError(exitCodes.unknown, message, { details, ...(fix === null ? {} : { fix }) });
}

function print(
  report: FreshnessWire,
  { options, output, session }: { options: Options; output: Output; session: Session },
): void {
  if (options.json) {
    if (options.watch) output.jsonLine(report);
    else output.json(report);
    return;
  }
  if (options.watch && output.isTerminal) output.raw(clearScreen);
  if (options.watch) output.line(output.paint("dim", moment(report.at, session.terminal.nowMs())));
  output.lines(freshnessText(report, output.paint));
}
