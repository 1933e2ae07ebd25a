import type { ReconcileWire } from "@tidemark/api";
import { Option, type Command } from "commander";
import {
  asking,
  clientFor,
  outputFor,
  tell,
  wholeNumber,
  type Common,
  type Session,
} from "../command.ts";
import { reconcileText } from "../format/operation-text.ts";

interface Options extends Common {
  readonly source?: string;
  readonly confirm?: number;
}

const reconcileTimeoutMs = 60 * 60_000;

export function reconcileCommand(program: Command, session: Session): void {
  asking(program.command("reconcile"))
    .summary("compare sources with the index, and repair")
    .description(
      "Compare sources with the index and repair what was missed. Many deletes at once are held.",
    )
    .option("--source <name>", "this source alone")
    .addOption(
      new Option(
        "--confirm <number>",
        "apply deletes that are held, up to so many: the number that was shown",
      ).argParser(wholeNumber),
    )
    .action(async (options: Options) => {
      const report = await clientFor(session, options).ask<ReconcileWire>("/v1/reconcile", {
        timeoutMs: reconcileTimeoutMs,
        body: { source: options.source, confirm: options.confirm ?? null },
      });
      const output = outputFor(session, options);
      const text = (value: ReconcileWire) => reconcileText(value, output.paint);
      tell(output, options, { value: report, text });
    });
}
