import type { WhyWire } from "@tidemark/api";
import type { Command } from "commander";
import {
  asking,
  clientFor,
  collected,
  idPath,
  outputFor,
  tell,
  textOptions,
  type Common,
  type Session,
} from "../command.ts";
import { whyText } from "../format/why-text.ts";

interface Options extends Common {
  readonly tenant?: string;
  readonly principal?: readonly string[];
}

export function whyCommand(program: Command, session: Session): void {
  asking(program.command("why"))
    .summary("why a document is found, or is not")
    .description("Tell the whole life of a document: why it is found, or why it is not.")
    .argument("<document>", "its id, such as files/guide/setup.md")
    .option("--tenant <name>", "for one of this tenant")
    .option("-p, --principal <name>", "for one who is this; may be repeated", collected)
    .action(async (id: string, options: Options) => {
      const query = new URLSearchParams();
      if (options.tenant !== undefined) query.append("tenant", options.tenant);
      for (const name of options.principal ?? []) query.append("principal", name);
      const path = `/v1/why/${idPath(id)}${query.size > 0 ? `?${query.toString()}` : ""}`;
      const report = await clientFor(session, options).ask<WhyWire>(path);
      const output = outputFor(session, options);
      const text = (value: WhyWire) => whyText(value, textOptions(session, output));
      tell(output, options, { value: report, text });
    });
}
