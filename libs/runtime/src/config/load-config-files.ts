import { readFileSync } from "node:fs";
import { exitCodes } from "../exit-codes.ts";
import { ExitError } from "../lifecycle.ts";
import { loadConfig } from "./load-config.ts";

/** @throws ConfigError with every problem of every file, ExitError for a file that is not there */
export function loadConfigFiles(
  files: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof loadConfig> {
  return loadConfig({
    files: files.map((name) => ({ name, text: readFile(name) })),
    environment,
    readFile: (path) => readFileSync(path, "utf8"),
  });
}

function readFile(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (error) {
    throw new ExitError(exitCodes.config, `config file ${name} cannot be read`, { cause: error });
  }
}
