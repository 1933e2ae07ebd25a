import type { SearchWhyWire, WhyWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import {
  asking,
  clientFor,
  idPath,
  outputFor,
  tell,
  textOptions,
  type Common,
  type Session,
} from "../command.ts";
import { searchWhyText } from "../format/search-why-text.ts";
import { whyText } from "../format/why-text.ts";
import { searchAsk, searching, type SearchOptions } from "../search-options.ts";

interface Options extends Common, SearchOptions {
  readonly query?: string;
  readonly expect?: string;
}

/** Without a search there is nothing that these could mean. */
const searchOnly = [
  "limit",
  "per",
  "filter",
  "source",
  "after",
  "wait",
  "generation",
  "exact",
] as const satisfies readonly (keyof SearchOptions)[];

export function whyCommand(program: Command, session: Session): void {
  searching(
    asking(program.command("why"))
      .summary("why a document is found, or is not")
      .description(
        "Tell the whole life of a document: why it is found, or why it is not. With --query, tell at " +
          "which step that very search loses it; then it ends with 1 where it is lost.",
      )
      .argument("[document]", "its id, such as files/guide/setup.md")
      .option("-q, --query <text>", "the search that lacks it")
      .option("-e, --expect <document>", "the document that the search is expected to find"),
  ).action(async (document: string | undefined, options: Options) => {
    const id = options.expect ?? document;
    if (id === undefined) throw usage("name the document, or ask with --query and --expect");
    const stray = searchOnly.find((name) => options[name] !== undefined);
    if (options.query === undefined && stray !== undefined) {
      throw usage(`--${stray} is of a search: say which with --query`);
    }
    await (options.query === undefined
      ? tellLife(session, id, options)
      : tellSearch(session, { id, query: options.query }, options));
  });
}

async function tellLife(session: Session, id: string, options: Options): Promise<void> {
  const query = new URLSearchParams();
  if (options.tenant !== undefined) query.append("tenant", options.tenant);
  for (const name of options.principal ?? []) query.append("principal", name);
  const path = `/v1/why/${idPath(id)}${query.size > 0 ? `?${query.toString()}` : ""}`;
  const report = await clientFor(session, options).ask<WhyWire>(path);
  const output = outputFor(session, options);
  const text = (value: WhyWire) => whyText(value, textOptions(session, output));
  tell(output, options, { value: report, text });
}

async function tellSearch(
  session: Session,
  { id, query }: { readonly id: string; readonly query: string },
  options: Options,
): Promise<void> {
  const { body, timeoutMs } = searchAsk(query, options);
  const client = clientFor(session, options);
  const asked = { timeoutMs, body: { ...body, expect: id } };
  const report = await client.ask<SearchWhyWire>("/v1/why", asked);
  const output = outputFor(session, options);
  const text = (value: SearchWhyWire) => searchWhyText(value, textOptions(session, output));
  tell(output, options, { value: report, text });
  if (report.step !== "found") session.end(exitCodes.failed);
}

function usage(reason: string): CliError {
  return new CliError(exitCodes.usage, reason);
}
