import type { SearchResponseWire } from "@tidemark/api";
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
import { searchText } from "../format/search-text.ts";
import { searchAsk, searching, type SearchOptions } from "../search-options.ts";

export function searchCommand(program: Command, session: Session): void {
  searching(asking(program.command("search")))
    .summary("find documents")
    .description("Find documents, and say how fresh the answer is.")
    .argument("<query...>", "what to look for")
    .action(async (words: readonly string[], options: Common & SearchOptions) => {
      const asked = searchAsk(words.join(" "), options);
      const client = clientFor(session, options);
      const response = await client.ask<SearchResponseWire>("/v1/search", asked);
      const output = outputFor(session, options);
      const text = (value: SearchResponseWire) => searchText(value, textOptions(session, output));
      tell(output, options, { value: response, text });
    });
}
