/** What a search is asked with, by every command that asks one. */
import { Option, type Command } from "commander";
import { collected, durationMs, wholeNumber } from "./command.ts";
import { filterOf } from "./format/filter-argument.ts";

export interface SearchOptions {
  readonly limit?: number;
  readonly per?: string;
  readonly filter?: readonly string[];
  readonly source?: readonly string[];
  readonly tenant?: string;
  readonly principal?: readonly string[];
  readonly after?: readonly string[];
  readonly wait?: number;
  readonly generation?: string;
  readonly exact?: true;
}

export function searching(command: Command): Command {
  return command
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
    .option("--exact", "compare with every point: slower, and no neighbour is overlooked");
}

const answerMarginMs = 60_000;

/** The body of a search, and how long its answer may take. @throws CliError for a bad filter */
export function searchAsk(
  query: string,
  options: SearchOptions,
): { readonly body: object; readonly timeoutMs: number } {
  const { filter, principal, source, wait } = options;
  return {
    timeoutMs: answerMarginMs + (wait ?? 0),
    body: {
      query,
      limit: options.limit,
      per: options.per,
      filter: filter && filterOf(filter),
      sources: source,
      tenant: options.tenant,
      principals: principal,
      after: options.after,
      waitMs: wait,
      generation: options.generation,
      exact: options.exact,
    },
  };
}
