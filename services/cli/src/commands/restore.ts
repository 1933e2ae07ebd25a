import { resolve } from "node:path";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { usualDataDirectory } from "../address.ts";
import { CliError } from "../cli-error.ts";
import { outputFor, speaking, tell, type Common, type Session } from "../command.ts";

interface Options extends Common {
  readonly dataDir: string;
  readonly replace?: true;
}

export function restoreCommand(program: Command, session: Session): void {
  speaking(program.command("restore"))
    .summary("put a backup in place, while it is stopped")
    .description(
      "Put a backup in the place of a data directory. The process must be stopped; every source is read again.",
    )
    .argument("<path>", "what `tidemark backup` wrote")
    .option("--data-dir <directory>", "where to", usualDataDirectory)
    .option("--replace", "over the data that is there")
    .action(async (path: string, options: Options) => {
      const { restoreData } = await import("@tidemark/embedded");
      const { workingDirectory } = session.terminal;
      const restored = {
        backup: resolve(workingDirectory, path),
        dataDirectory: resolve(workingDirectory, options.dataDir),
      };
      try {
        restoreData({ ...restored, replace: options.replace === true });
      } catch (error) {
        throw told(error);
      }
      tell(outputFor(session, options), options, {
        value: restored,
        text: ({ backup, dataDirectory }) => [`${dataDirectory} is what ${backup} was`],
      });
    });
}

/** Whatever a restore throws says itself what is wrong with the files. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isLocked = error.name === "DataDirectoryLockedError";
  const isThere = error.message.endsWith("exists already");
  const fix = isLocked
    ? "stop the process that holds it"
    : isThere
      ? "add --replace to put the backup in its place, or name another --data-dir"
      : undefined;
  return new CliError(isLocked ? exitCodes.dataLocked : exitCodes.failed, error.message, {
    cause: error,
    ...(fix === undefined ? {} : { fix }),
  });
}
