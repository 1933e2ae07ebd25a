import { readFileSync } from "node:fs";
import { exitCodes } from "../exit-codes.ts";
import { ExitError } from "../lifecycle.ts";

/**
 * The text of each file that a TLS section of the config names; `at` is where the section stands.
 * @throws ExitError naming a file that cannot be read
 */
export function readPem<const Files extends object>(
  at: string,
  files: Files,
): { [Name in keyof Files]: string } {
  const named = Object.entries(files).filter(([, path]) => path !== undefined);
  const texts = named.map(([name, path]) => [name, read(`${at}.${name}`, String(path))] as const);
  return Object.fromEntries(texts) as { [Name in keyof Files]: string };
}

function read(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ExitError(exitCodes.config, `${key}: ${path} cannot be read`, { cause: error });
  }
}
