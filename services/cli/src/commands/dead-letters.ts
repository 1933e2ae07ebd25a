import type { DeadLetterWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import {
  asking,
  clientFor,
  outputFor,
  tell,
  textOptions,
  type Common,
  type Session,
} from "../command.ts";
import { count } from "../format/amounts.ts";
import { deadLetterLines, deadLetterText } from "../format/dead-letter-text.ts";

interface RetryOptions extends Common {
  readonly all?: true;
  readonly force?: true;
}

export function deadLetterCommands(program: Command, session: Session): void {
  const dlq = program
    .command("dlq")
    .summary("what could not be handled")
    .description("Dead letters: events set aside with the reason they failed.");

  asking(dlq.command("list"))
    .description("List them.")
    .action(async (options: Common) => {
      const deadLetters = await listed(session, options);
      const output = outputFor(session, options);
      tell(output, options, {
        value: deadLetters,
        text: (value) =>
          value.length === 0
            ? ["no dead letters"]
            : deadLetterLines(value, textOptions(session, output)),
      });
    });

  asking(dlq.command("show"))
    .description("Show everything known of one.")
    .argument("<id>", "its id, as listed")
    .action(async (id: string, options: Common) => {
      const letter = (await listed(session, options)).find((each) => each.id === id);
      if (!letter) throw unknown(id);
      const output = outputFor(session, options);
      const text = (value: DeadLetterWire) => deadLetterText(value, textOptions(session, output));
      tell(output, options, { value: letter, text });
    });

  asking(dlq.command("retry"))
    .description("Ask for the newest state of the documents behind them.")
    .argument("[ids...]", "their ids, as listed")
    .option("--all", "all of them")
    .option("--force", "also those whose document has changed since")
    .action(async (ids: readonly string[], options: RetryOptions) => {
      if (ids.length > 0 === (options.all === true)) {
        throw new CliError(exitCodes.usage, "name the dead letters, or say --all");
      }
      const answer = await clientFor(session, options).ask<{ retried: number }>(
        "/v1/dead-letters/retry",
        { body: { ids: options.all ? "all" : ids, force: options.force === true } },
      );
      const text = () => [`${count(answer.retried, "document")} asked for again`];
      tell(outputFor(session, options), options, { value: answer, text });
    });

  asking(dlq.command("drop"))
    .description("Forget them; their documents stay as they are.")
    .argument("<ids...>", "their ids, as listed")
    .action(async (ids: readonly string[], options: Common) => {
      const answer = await clientFor(session, options).ask<{ dropped: number }>(
        "/v1/dead-letters/drop",
        { body: { ids } },
      );
      const text = () => [`${count(answer.dropped, "dead letter")} dropped`];
      tell(outputFor(session, options), options, { value: answer, text });
      if (answer.dropped < new Set(ids).size) session.end(exitCodes.failed);
    });
}

async function listed(session: Session, options: Common): Promise<readonly DeadLetterWire[]> {
  const client = clientFor(session, options);
  const answer = await client.ask<{ deadLetters: DeadLetterWire[] }>("/v1/dead-letters");
  return answer.deadLetters;
}

function unknown(id: string): CliError {
  return new CliError(exitCodes.failed, `there is no dead letter ${id}`, {
    fix: "`tidemark dlq list` lists them",
  });
}
