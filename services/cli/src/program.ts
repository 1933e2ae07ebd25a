/** Every command, in the order of a person's first day with Tidemark. */
import { Command } from "commander";
import { applyCommand } from "./commands/apply.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand } from "./commands/backup.ts";
import { configCommands } from "./commands/config.ts";
import { costsCommand } from "./commands/costs.ts";
import { deadLetterCommands } from "./commands/dead-letters.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { freshnessCommand } from "./commands/freshness.ts";
import { initCommand } from "./commands/init.ts";
import { keyCommands } from "./commands/keys.ts";
import { planCommand } from "./commands/plan.ts";
import { reconcileCommand } from "./commands/reconcile.ts";
import { replayCommand } from "./commands/replay.ts";
import { restoreCommand } from "./commands/restore.ts";
import { runCommands } from "./commands/run.ts";
import { runbookCommand } from "./commands/runbook.ts";
import { searchCommand } from "./commands/search.ts";
import { sentinelsCommand } from "./commands/sentinels.ts";
import { statusCommand } from "./commands/status.ts";
import { whyCommand } from "./commands/why.ts";
import type { Session } from "./command.ts";
import packageJson from "../package.json" with { type: "json" };

const commands = [
  runCommands,
  initCommand,
  keyCommands,
  searchCommand,
  statusCommand,
  whyCommand,
  freshnessCommand,
  planCommand,
  applyCommand,
  replayCommand,
  reconcileCommand,
  auditCommand,
  runbookCommand,
  deadLetterCommands,
  configCommands,
  backupCommand,
  restoreCommand,
  doctorCommand,
  sentinelsCommand,
  costsCommand,
];

const epilogue = `
Environment:
  TIDEMARK_URL    where the process listens, in place of --url
  TIDEMARK_KEY    the API key, where keys are configured
  NO_COLOR        no colors

Exit codes:
   0  done (freshness: met)           69  nobody answers, or not now
   1  failed (freshness: late)        70  a bug
   2  not understood (freshness:      74  the disk is full
      breached)                       75  another process holds the data directory
   3  freshness: cannot tell          77  a key is missing or may not
                                      78  the config is wrong`;

export function createProgram(session: Session): Command {
  const program = new Command("tidemark")
    .description("Keeps a vector index equal to its sources, and says how far behind it is.")
    .version(packageJson.version, "-V, --version", "print the version")
    // What follows the name of a command is that command's, also where the one above has options.
    .enablePositionalOptions()
    .helpCommand("help [command]", "show help for a command")
    .showHelpAfterError("(add --help for what can be said)")
    .addHelpText("after", epilogue);
  for (const add of commands) add(program, session);
  quietly(program, session);
  return program;
}

/** Commander writes where it is told and ends by throwing, so that one place ends the process. */
function quietly(command: Command, session: Session): void {
  const { stderr, stdout } = session.terminal;
  command.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => stdout.columns,
    getErrHelpWidth: () => stderr.columns,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const inner of command.commands) quietly(inner, session);
}
