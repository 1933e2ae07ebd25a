/**
 * From a key to its file. A link to a file is followed when it stays below the root and is read
 * under its own key, with its own key's rules. Links to directories are not followed: what lies
 * below the root has its place there already, so there are no cycles and no second keys.
 */
import type { BigIntStats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { dirname, sep } from "node:path";

export type Location =
  | { readonly kind: "file"; readonly path: string; readonly stats: BigIntStats }
  /** Not a regular file of this folder: a directory, a pipe, or reached through a link. */
  | { readonly kind: "outside" };

/** Throws the operating system's errors. */
export async function locateDocument(realRoot: string, key: string): Promise<Location> {
  const path = `${realRoot}/${key}`;
  if ((await realpath(dirname(path))) !== osPath(dirname(path))) return { kind: "outside" };
  return locateEntry(realRoot, path);
}

/** The same for a path whose directory is known to be below the root, as in a walk. */
export async function locateEntry(realRoot: string, path: string): Promise<Location> {
  const stats = await lstat(path, { bigint: true });
  if (stats.isFile()) return { kind: "file", path, stats };
  if (!stats.isSymbolicLink()) return { kind: "outside" };
  const target = await realpath(path);
  if (!target.startsWith(osPath(`${realRoot}/`))) return { kind: "outside" };
  const targetStats = await lstat(target, { bigint: true });
  return targetStats.isFile()
    ? { kind: "file", path: target, stats: targetStats }
    : { kind: "outside" };
}

function osPath(path: string): string {
  return sep === "/" ? path : path.replaceAll("/", sep);
}
