/** Arguments → exit code. The only place that knows how every failure ends. */
import { ConfigError, exitCodes } from "@tidemark/runtime";
import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import { Output } from "./output.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

export async function runCli(commandLine: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const session = { terminal, end: (code: number) => (exitCode = code) };
  try {
    await createProgram(session).parseAsync(commandLine, { from: "user" });
    return exitCode;
  } catch (error) {
    return ended(error, { commandLine, terminal });
  }
}

/**
 *   thrown               exit code   said
 *   by the parser        0 or 2      what it said itself; for `freshness`, 3 in place of 2
 *   CliError             its own     reason, details, fix; with --json as JSON
 *   ConfigError          78          each problem
 *   anything else        70          the message: a stack only with TIDEMARK_DEBUG
 */
function ended(
  error: unknown,
  { commandLine, terminal }: { commandLine: readonly string[]; terminal: Terminal },
): number {
  const output = new Output(terminal);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok;
    // 2 means breached there: a mistyped option must not look like it.
    return commandLine[0] === "freshness" ? exitCodes.unknown : exitCodes.usage;
  }
  if (error instanceof CliError) {
    const { details, exitCode, fix, message } = error;
    if (commandLine.includes("--json")) {
      output.note(JSON.stringify({ error: { message, details, fix, exitCode } }));
    } else output.failure(error);
    return exitCode;
  }
  if (error instanceof ConfigError) {
    output.note(error.message);
    return error.exitCode;
  }
  const reason = error instanceof Error ? error.message : String(error);
  output.failure(
    new CliError(exitCodes.bug, `a bug: ${reason}`, {
      fix: "run it again with TIDEMARK_DEBUG=1 and report what it prints",
    }),
  );
  if (terminal.environment["TIDEMARK_DEBUG"] && error instanceof Error) {
    output.note(error.stack ?? "");
  }
  return exitCodes.bug;
}
