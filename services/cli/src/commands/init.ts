import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { editorSchema, exitCodes, starterConfig } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { systemCodeOf } from "../system-error.ts";
import { outputFor, speaking, tell, type Common, type Session } from "../command.ts";

const schemaFile = "tidemark.schema.json";

export function initCommand(program: Command, session: Session): void {
  speaking(program.command("init"))
    .summary("write a config file to begin with")
    .description("Write a config file with comments, and its schema for editors beside it.")
    .argument("[file]", "where to", "tidemark.yaml")
    .action(async (file: string, options: Common) => {
      const path = resolve(session.terminal.workingDirectory, file);
      await writeNew(path, starterConfig());
      const schemaPath = join(dirname(path), schemaFile);
      // Ours to replace: it is generated, and belongs to this version.
      await writeFile(schemaPath, `${JSON.stringify(editorSchema(), null, 2)}\n`);
      tell(outputFor(session, options), options, {
        value: { config: path, schema: schemaPath },
        text: () => [
          `${path} and ${schemaFile}`,
          "next: set its sources, then `tidemark config check` and `tidemark serve --config`",
        ],
      });
    });
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === null) throw error;
    if (code === "EEXIST") {
      throw new CliError(exitCodes.failed, `${path} exists already`, {
        fix: "name another file, or move it away first",
        cause: error,
      });
    }
    throw new CliError(exitCodes.failed, `${path} cannot be written: ${code}`, { cause: error });
  }
}
