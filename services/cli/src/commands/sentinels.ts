import type { SentinelsWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import {
  asking,
  clientFor,
  outputFor,
  tell,
  textOptions,
  type Common,
  type Session,
} from "../command.ts";
import { sentinelsText } from "../format/sentinels-text.ts";

interface Options extends Common {
  readonly now?: true;
}

export function sentinelsCommand(program: Command, session: Session): void {
  asking(program.command("sentinels"))
    .summary("whether vectors and neighbours still are what they were")
    .description(
      "Show how far fixed texts and the neighbours of fixed questions have moved, and what has " +
        "changed: weights, tokenizer, preprocessing, lost points or a less exact search. Exit code 1 " +
        "when something has.",
    )
    .option("--now", "embed them again first")
    .action(async (options: Options) => {
      const client = clientFor(session, options);
      const report = options.now
        ? await client.ask<SentinelsWire>("/v1/sentinels/run", { method: "POST" })
        : await client.ask<SentinelsWire>("/v1/sentinels");
      const output = outputFor(session, options);
      const text = (value: SentinelsWire) => sentinelsText(value, textOptions(session, output));
      tell(output, options, { value: report, text });
      const isFine = report.generations.every(({ findings }) => findings.length === 0);
      session.end(isFine ? exitCodes.ok : exitCodes.failed);
    });
}
