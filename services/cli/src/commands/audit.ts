import type { AuditWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import { Option, type Command } from "commander";
import { CliError } from "../cli-error.ts";
import {
  asking,
  clientFor,
  outputFor,
  tell,
  textOptions,
  wholeNumber,
  type Common,
  type Session,
} from "../command.ts";
import { auditText } from "../format/audit-text.ts";

interface Options extends Common {
  readonly source?: string;
  readonly sample?: number;
  readonly repair?: true;
  readonly dryRun?: true;
  readonly last?: true;
}

const auditTimeoutMs = 6 * 60 * 60_000;

export function auditCommand(program: Command, session: Session): void {
  asking(program.command("audit"))
    .summary("prove that source, log and index agree, or say where not")
    .description(
      "Compare source, log and index, each as it is stored. Exit code 1 when something is wrong, 3 when it cannot be told.",
    )
    .option("--source <name>", "this source alone")
    .addOption(
      new Option("--sample <number>", "so many vectors are made again").argParser(wholeNumber),
    )
    .option("--repair", "have what is found mended, slowly")
    .option("--dry-run", "with --repair: only say what would be mended")
    .option("--last", "show the last audits, rather than begin one")
    .action(async (options: Options) => {
      const report = await clientFor(session, options).ask<AuditWire>("/v1/audit", {
        timeoutMs: auditTimeoutMs,
        ...(options.last ? {} : { body: bodyOf(options) }),
      });
      const output = outputFor(session, options);
      const text = (value: AuditWire) => auditText(value, textOptions(session, output));
      tell(output, options, { value: report, text });
      session.end(exitCodeOf(report));
    });
}

function bodyOf({ dryRun, last, repair, sample, source }: Options): object {
  if (dryRun && !repair && !last) {
    throw new CliError(exitCodes.usage, "--dry-run goes with --repair");
  }
  return {
    ...(source === undefined ? {} : { source }),
    ...(sample === undefined ? {} : { sample }),
    repair: repair ?? false,
    dryRun: dryRun ?? false,
  };
}

function exitCodeOf({ certificates }: AuditWire): number {
  if (certificates.some(({ verdict }) => verdict === "faulty")) return exitCodes.failed;
  const isUnknown = certificates.some(({ verdict }) => verdict === "undecided");
  return isUnknown ? exitCodes.unknown : exitCodes.ok;
}
