import type { StatusWire } from "@tidemark/api";
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
import { statusText } from "../format/status-text.ts";

export function statusCommand(program: Command, session: Session): void {
  asking(program.command("status"))
    .summary("generations, sources, stages")
    .description("Show generations, sources and stages, and what is wrong.")
    .action(async (options: Common) => {
      const status = await clientFor(session, options).ask<StatusWire>("/v1/status");
      const output = outputFor(session, options);
      const text = (value: StatusWire) => statusText(value, textOptions(session, output));
      tell(output, options, { value: status, text });
    });
}
