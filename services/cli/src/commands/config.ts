import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkConfig, editorSchema, exitCodes, formatProblems, unbuiltIn } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { outputFor, speaking, type Common, type Session } from "../command.ts";

export function configCommands(program: Command, session: Session): void {
  const config = program
    .command("config")
    .summary("check the config")
    .description("Check config files, or print their grammar for editors.");

  speaking(config.command("check"))
    .description("Tell everything that is wrong at once: file:line:column, reason, fix.")
    .argument("[files...]", "each is laid over those before it", ["tidemark.yaml"])
    .addHelpText("after", "\nExit codes: 0 nothing is wrong, 78 something is.")
    .action((files: readonly string[], options: Common) => {
      const { environment } = session.terminal;
      const { config: checked, problems } = checkConfig({
        files: files.map((name) => ({ name, text: textOf(name, session) })),
        environment,
        readFile: (path) => readFileSync(path, "utf8"),
      });
      // What no process runs yet is refused at its start.
      const unbuilt = checked ? unbuiltIn(checked) : [];
      const isWrong = unbuilt.length > 0 || problems.some(({ severity }) => severity === "error");
      const output = outputFor(session, options);
      const colors = output.paint("bold", "") !== "";
      if (options.json) output.json({ ok: !isWrong, problems, unbuilt });
      else {
        if (problems.length > 0) output.line(formatProblems(problems, { colors }));
        for (const part of unbuilt) output.line(`${part}: this version does not run it yet`);
        if (problems.length + unbuilt.length === 0) output.line("ok");
      }
      session.end(isWrong ? exitCodes.config : exitCodes.ok);
    });

  config
    .command("schema")
    .description("Print the JSON Schema of the config, for editors.")
    .option("--json", "as it is anyhow")
    .action(() => outputFor(session, { color: false }).json(editorSchema()));
}

function textOf(name: string, { terminal }: Session): string {
  try {
    return readFileSync(resolve(terminal.workingDirectory, name), "utf8");
  } catch (error) {
    throw new CliError(exitCodes.config, `${name} cannot be read`, {
      fix: "name the file, or write one with `tidemark init`",
      cause: error,
    });
  }
}
