/**
 * Walks a folder in the order of its keys' UTF-8 bytes. Directories take part in the order as
 * `name/`, which is how every key below them begins, so that no two directories are open at a time
 * but those on the way down. Memory: the names of those directories.
 */
import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { compareKeys } from "@tidemark/domain";
import { TransientError } from "@tidemark/pipeline";
import { faultOf } from "./file-error.ts";
import type { KeyFilter } from "./key-filter.ts";
import type { ReportListener } from "./report.ts";

/** Directories whose names are read before their turn. */
const readAheadMax = 8;

export interface ListedEntry {
  readonly kind: "directory" | "file" | "link";
  /** Relative to the root, without a slash at the end. */
  readonly key: string;
}

interface Walk {
  readonly root: string;
  readonly filter: KeyFilter;
  readonly onReport: ReportListener;
  readonly signal?: AbortSignal | undefined;
}

/** The keys of files and links that are documents; yields those of one directory together. */
export async function* listKeys(walk: Walk): AsyncGenerator<readonly ListedEntry[]> {
  yield* below(walk, await readEntries(walk, ""));
}

async function* below(
  walk: Walk,
  entries: readonly ListedEntry[],
): AsyncGenerator<readonly ListedEntry[]> {
  const directories = entries.filter(({ kind }) => kind === "directory");
  const ahead: Promise<readonly ListedEntry[]>[] = [];
  let started = 0;
  const readAhead = () => {
    for (; started < directories.length && ahead.length < readAheadMax; started += 1) {
      const reading = readEntries(walk, directories[started]?.key ?? "");
      // It is awaited in its turn; a fault must not count as unhandled before.
      reading.catch(() => undefined);
      ahead.push(reading);
    }
  };
  let files: ListedEntry[] = [];
  for (const entry of entries) {
    if (entry.kind !== "directory") {
      files.push(entry);
      continue;
    }
    if (files.length > 0) yield files;
    files = [];
    readAhead();
    const next = await ahead.shift();
    if (next) yield* below(walk, next);
  }
  if (files.length > 0) yield files;
}

/**
 * What of a directory may hold documents, in order. A directory that is gone has nothing; one that
 * cannot be listed is reported, and its documents are found blocked when they are read.
 */
export async function readEntries(walk: Walk, directoryKey: string): Promise<ListedEntry[]> {
  walk.signal?.throwIfAborted();
  const path = directoryKey === "" ? walk.root : `${walk.root}/${directoryKey}`;
  let names: readonly Dirent[];
  try {
    names = await readNames(walk, path, directoryKey);
  } catch (error) {
    const fault = faultOf(error);
    if (directoryKey === "" || fault.kind === "transient") {
      throw new TransientError("the folder cannot be listed whole", { cause: error });
    }
    if (fault.kind === "blocked") {
      const code = fault.reason;
      walk.onReport({ kind: "unlistable-directory", directory: directoryKey, code });
    }
    return [];
  }
  const entries = names.flatMap((name) => entryOf(walk.filter, directoryKey, name) ?? []);
  return inByteOrder(entries);
}

function entryOf(filter: KeyFilter, directoryKey: string, name: Dirent): ListedEntry | null {
  const key = directoryKey === "" ? name.name : `${directoryKey}/${name.name}`;
  if (name.isDirectory()) return filter.prunes(key) ? null : { kind: "directory", key };
  const kind = name.isFile() ? "file" : name.isSymbolicLink() ? "link" : null;
  return kind !== null && filter.includes(key) ? { kind, key } : null;
}

/** Names that are no UTF-8 come back with the replacement character and are told by their bytes. */
async function readNames(walk: Walk, path: string, directoryKey: string): Promise<Dirent[]> {
  const names = await readdir(path, { withFileTypes: true });
  if (!names.some(({ name }) => name.includes("\uFFFD"))) return names;
  const raw = await readdir(path, { encoding: "buffer" });
  const valid = new Set(raw.filter((name) => isUtf8(name)).map((name) => name.toString()));
  const count = raw.filter((name) => !isUtf8(name)).length;
  if (count > 0) walk.onReport({ kind: "invalid-name", directory: directoryKey, count });
  const seen = new Set<string>();
  return names.filter(({ name }) => valid.has(name) && !seen.has(name) && seen.add(name));
}

function inByteOrder(entries: ListedEntry[]): ListedEntry[] {
  const ordered = entries.map((entry) => ({
    entry,
    text: entry.kind === "directory" ? `${entry.key}/` : entry.key,
  }));
  // Only above the surrogates do UTF-16 and UTF-8 order differ.
  const plain = ordered.every(({ text }) => !/[\uD800-\uFFFF]/.test(text));
  ordered.sort((a, b) =>
    plain ? (a.text < b.text ? -1 : Number(a.text > b.text)) : compareKeys(a.text, b.text),
  );
  return ordered.map(({ entry }) => entry);
}
