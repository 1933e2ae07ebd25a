import type { CostsWire } from "@tidemark/api";
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
import { costsText } from "../format/costs-text.ts";

export function costsCommand(program: Command, session: Session): void {
  asking(program.command("costs"))
    .summary("tokens and money spent and saved")
    .description("Show tokens and money spent and saved, by source and generation, and budgets.")
    .action(async (options: Common) => {
      const report = await clientFor(session, options).ask<CostsWire>("/v1/costs");
      const output = outputFor(session, options);
      const text = (value: CostsWire) => costsText(value, textOptions(session, output));
      tell(output, options, { value: report, text });
    });
}
