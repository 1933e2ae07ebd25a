import type { SearchResponseWire } from "@tidemark/api";
import { Option, type Command } from "commander";
import {
  asking,
  clientFor,
  collected,
  durationMs,
  outputFor,
  tell,
  textOptions,
  wholeNumber,
  type Common,
  type Session,
} from "../command.ts";
import { filterOf } from "../format/filter-argument.ts";
import { searchText } from "../format/search-text.ts";

interface Options extends Common {
  readonly limit?: number;
  readonly per?: string;
  readonly filter?: readonly string[];
  readonly source?: readonly string[];
  readonly tenant?: string;
  readonly principal?: readonly string[];
  readonly after?: readonly string[];
  readonly wait?: number;
  readonly generation?: string;
}

const answerMarginMs = 60_000;

export function searchCommand(program: Command, session: Session): void {
  asking(program.command("search"))
    .summary("find documents")
    .description("Find documents, and say how fresh the answer is.")
    .argument("<query...>", "what to look for")
    .option("-n, --limit <count>", "hits at most, up to 100 (default: 10)", wholeNumber)
    .addOption(
      new Option("--per <unit>", "one hit a document, or every chunk").choices([
        "document",
        "chunk",
      ]),
    )
    .option("-f, --filter <field=value>", "condition on metadata; may be repeated", collected)
    .option("-s, --source <name>", "only this source; may be repeated", collected)
    .option("--tenant <name>", "ask for this tenant")
    .option("-p, --principal <name>", "ask as this principal; may be repeated", collected)
    .option("--after <token>", "a write that must be visible first; may be repeated", collected)
    .option("--wait <duration>", "how long to wait for it, up to 30s", durationMs)
    .option("--generation <id>", "ask this generation")
    .action(async (words: readonly string[], options: Options) => {
      const { filter, principal, source, wait } = options;
      const response = await clientFor(session, options).ask<SearchResponseWire>("/v1/search", {
        timeoutMs: answerMarginMs + (wait ?? 0),
        body: {
          query: words.join(" "),
          limit: options.limit,
          per: options.per,
          filter: filter && filterOf(filter),
          sources: source,
          tenant: options.tenant,
          principals: principal,
          after: options.after,
          waitMs: wait,
          generation: options.generation,
        },
      });
      const output = outputFor(session, options);
      const text = (value: SearchResponseWire) => searchText(value, textOptions(session, output));
      tell(output, options, { value: response, text });
    });
}
