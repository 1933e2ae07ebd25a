/** The command line as somebody types it, with all that it prints. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import type { Place } from "./find-planted.ts";

const program = join(import.meta.dirname, "../../services/cli/src/tidemark.mjs");

export interface RunOfCli {
  readonly exitCode: number;
  readonly place: Place;
}

export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunOfCli> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", program, ...args],
      { env: { ...process.env, ...environment } },
      (error, stdout, stderr) => {
        const where = `tidemark ${args.slice(0, 2).join(" ")}`;
        const exitCode = error ? Number(error.code) : 0;
        resolve({ exitCode, place: { where, content: `${stdout}\n${stderr}` } });
      },
    );
  });
}
