import type { RehearsalsWire } from "@tidemark/api";
import type { RunbookEnding, RunbookName } from "@tidemark/domain";
import { exitCodes } from "@tidemark/runtime";
import { Option, type Command } from "commander";
import { CliError } from "../cli-error.ts";
import {
  asking,
  clientFor,
  durationMs,
  outputFor,
  tell,
  wholeNumber,
  type Common,
  type Session,
} from "../command.ts";
import { runbooksText, runbookText, stepText } from "../format/runbook-text.ts";
import { mendDocuments } from "../runbooks/mend-documents.ts";
import { rehearseAndRecord } from "./rehearse.ts";

interface Options extends Common {
  readonly source?: string;
  readonly sample?: number;
  readonly within: number;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly rehearse?: true;
  readonly from?: string;
}

const withinMsDefault = 10 * 60_000;
/** Of a thorough look: documents whose every vector is made again. */
const corruptionSample = 1_000;

const exitCodeOf: Readonly<Record<RunbookEnding, number>> = {
  nothing: exitCodes.ok,
  done: exitCodes.ok,
  "would-mend": exitCodes.failed,
  failed: exitCodes.failed,
  undecided: exitCodes.unknown,
  escalated: exitCodes.unavailable,
};

const epilogue = `
Exit codes: 0 nothing to mend, or mended and proven; 1 something is wrong (dry run), or is still;
3 it could not be told; 69 stopped, for a person to go on.`;

export function runbookCommand(program: Command, session: Session): void {
  const runbook = asking(program.command("runbook"))
    .summary("find, mend and prove, step by step; or practise it on a copy")
    .description("List the runbooks, and when each was last practised.")
    .action(async (options: Common) => {
      const rehearsals = await clientFor(session, options).ask<RehearsalsWire>("/v1/rehearsals");
      const nowMs = session.terminal.nowMs();
      const text = (value: RehearsalsWire) => runbooksText(value, nowMs);
      tell(outputFor(session, options), options, { value: rehearsals, text });
    });

  mending(runbook, "stale-embeddings", session)
    .summary("vectors of another text, revision or model")
    .description(
      "Find documents whose vectors are of another text, revision or model; have them embedded again; verify each. Says what it would do unless --yes is given.",
    );
  mending(runbook, "partial-corruption", session)
    .summary("damaged vectors and texts, truncated documents")
    .description(
      "Find damaged vectors and texts and truncated documents, by making vectors again and cutting content again; have them embedded again; compare every vector of each. Says what it would do unless --yes is given.",
    );
}

function mending(runbook: Command, name: RunbookName, session: Session): Command {
  return asking(runbook.command(name))
    .option("--source <name>", "this source alone")
    .addOption(
      new Option("--sample <number>", "so many are drawn, to be made again").argParser(wholeNumber),
    )
    .addOption(
      new Option("--within <duration>", "how long it may take until all is right again")
        .argParser(durationMs)
        .default(withinMsDefault, "10m"),
    )
    .option("--dry-run", "only say what is wrong, also where a part is in trouble")
    .option("--yes", "mend what is found")
    .option("--rehearse", "practise it on a copy of some documents that is damaged for it")
    .option("--from <directory>", "with --rehearse: copy documents of this directory")
    .addHelpText("after", epilogue)
    .action(async (options: Options) => {
      if (options.yes && options.dryRun) {
        throw new CliError(exitCodes.usage, "--dry-run and --yes exclude each other");
      }
      if (options.from !== undefined && !options.rehearse) {
        throw new CliError(exitCodes.usage, "--from goes with --rehearse");
      }
      await (options.rehearse
        ? rehearseAndRecord({ runbook: name, from: options.from ?? null, options, session })
        : mend(name, options, session));
    });
}

async function mend(runbook: RunbookName, options: Options, session: Session): Promise<void> {
  const { json, sample, source, within, yes } = options;
  const output = outputFor(session, options);
  const report = await mendDocuments({
    runbook,
    source: source ?? null,
    isDryRun: !yes,
    sample: sample ?? (runbook === "partial-corruption" ? corruptionSample : null),
    withinMs: within,
    client: clientFor(session, options),
    terminal: session.terminal,
    told: (step) => {
      if (!json) output.line(stepText(step, output.paint));
    },
  });
  const text = () => runbookText(report, output.paint);
  tell(output, options, { value: report, text });
  session.end(exitCodeOf[report.ending]);
}
