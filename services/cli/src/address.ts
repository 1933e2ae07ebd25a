/** Where the running process is: told, noted in its data directory, or where it usually is. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { exitCodes } from "@tidemark/runtime";
import { CliError } from "./cli-error.ts";

export const usualUrl = "http://127.0.0.1:8787";
export const usualDataDirectory = ".tidemark";
const processNoteFile = "process.json";

export interface AddressOptions {
  readonly url?: string | undefined;
  readonly dataDirectory?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/**
 *   --url   TIDEMARK_URL   process.json   outcome
 *   given   any            any            that
 *   -       set            any            that
 *   -       -              readable       its url
 *   -       -              absent         127.0.0.1:8787
 *
 * @throws CliError when what was told is no http or https address.
 */
export function addressOf(options: AddressOptions): string {
  const { dataDirectory = usualDataDirectory, environment, workingDirectory } = options;
  const told = options.url ?? environment["TIDEMARK_URL"];
  if (told !== undefined && told !== "") return checked(told);
  return notedUrl(resolve(workingDirectory, dataDirectory)) ?? usualUrl;
}

function checked(told: string): string {
  const url = URL.parse(told);
  if (url && ["http:", "https:"].includes(url.protocol)) return told.replace(/\/+$/u, "");
  throw new CliError(exitCodes.usage, `${told} is not an address`, {
    fix: `write it as ${usualUrl}`,
  });
}

function notedUrl(dataDirectory: string): string | null {
  try {
    const note: unknown = JSON.parse(readFileSync(join(dataDirectory, processNoteFile), "utf8"));
    if (typeof note !== "object" || note === null || !("url" in note)) return null;
    return typeof note.url === "string" && URL.canParse(note.url) ? note.url : null;
  } catch {
    // No note, or half of one: a process may just be starting or gone.
    return null;
  }
}
