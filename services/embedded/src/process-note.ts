/** Says where this process listens, for the commands that talk to it. */
import { rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export const processNoteFile = "process.json";

export async function writeProcessNote(
  directory: string,
  note: { readonly url: string; readonly pid: number; readonly startedAt: string },
): Promise<Disposable> {
  const path = join(directory, processNoteFile);
  await writeFile(path, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
