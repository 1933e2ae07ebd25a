/** The command line as an operator has it, in this process, by the real clock. */
import { setTimeout } from "node:timers/promises";
import { runCli } from "../../../services/cli/src/run-cli.ts";
import type { Terminal } from "../../../services/cli/src/terminal.ts";

export const clock: Pick<Terminal, "nowMs" | "pause"> = {
  nowMs: () => Date.now(),
  async pause(ms) {
    await setTimeout(ms);
    return true;
  },
};

/** What it printed, and how it ended. */
export async function runCommand(
  ...commandLine: readonly string[]
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    isTTY: false,
    columns: 100,
    write: (text: string) => void (written[name] += text),
  });
  const exitCode = await runCli(commandLine, {
    ...clock,
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    readStdin: async () => "",
    environment: {},
    workingDirectory: process.cwd(),
  });
  return { exitCode, ...written };
}
