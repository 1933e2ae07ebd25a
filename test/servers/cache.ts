/** Where servers that were installed for tests lie: outside the repository, by name and version. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

export function cacheDirectory(name: string): string {
  const home = process.env["TIDEMARK_TEST_CACHE"] ?? join(homedir(), ".cache/tidemark/servers");
  return join(home, name);
}

export function isCached(name: string): boolean {
  return existsSync(cacheDirectory(name));
}

/** Fills a cache directory at most once; one that was left half filled never looks filled. */
export async function fillCache(
  name: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = cacheDirectory(name);
  if (existsSync(directory)) return directory;
  const filling = `${directory}.${process.pid}`;
  await mkdir(dirname(directory), { recursive: true });
  await rm(filling, { recursive: true, force: true });
  await mkdir(filling);
  try {
    await fill(filling);
    await rename(filling, directory);
  } catch (error) {
    await rm(filling, { recursive: true, force: true });
    // Somebody else was faster.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}
