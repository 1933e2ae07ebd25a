/** The bundled handbook: real prose for tests that need much of it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const handbookDirectory = join(import.meta.dirname, "../../../examples/handbook");

export interface Page {
  readonly key: string;
  readonly text: string;
}

/** Every page that says nothing of itself but its text, in the order of their keys. */
export function plainPages(): readonly Page[] {
  return handbookPages().filter(({ text }) => !text.startsWith("---\n"));
}

/** Every page in the order of its key. */
export function handbookPages(): readonly Page[] {
  return globSync("**/*.md", { cwd: handbookDirectory })
    .map((key) => key.replaceAll("\\", "/"))
    .sort()
    .map((key) => ({ key, text: readFileSync(join(handbookDirectory, key), "utf8") }));
}

/** The first pages in one text: some ten chunks each. */
export function handbookText(pagesMax: number): string {
  return plainPages()
    .slice(0, pagesMax)
    .map(({ text }) => text)
    .join("\n\n");
}
