/**
 * One watch a directory: a tenth to a hundredth of what one a file would take from the system's
 * limit, and from memory.
 */
import { watch, type FSWatcher } from "node:fs";
import { codeOf } from "./file-error.ts";

/** The system's own limit is usually reached first. */
export const watchedDirectoriesMax = 200_000;

export interface DirectoryEvents {
  /** Something about this name in this directory changed; null when the system does not say which. */
  readonly onEvent: (directoryKey: string, name: string | null) => void;
  /** The directory is no longer watched. */
  readonly onLost: (directoryKey: string, code: string) => void;
}

interface Watched {
  readonly watcher: FSWatcher;
  inode: bigint | null;
}

export class DirectoryWatches {
  readonly #watched = new Map<string, Watched>();
  readonly #events: DirectoryEvents;

  constructor(events: DirectoryEvents) {
    this.#events = events;
  }

  get count(): number {
    return this.#watched.size;
  }

  has(directoryKey: string): boolean {
    return this.#watched.has(directoryKey);
  }

  /** The inode that was told by `identify`: a directory of the same name may be another. */
  inodeOf(directoryKey: string): bigint | null {
    return this.#watched.get(directoryKey)?.inode ?? null;
  }

  identify(directoryKey: string, inode: bigint): void {
    const watched = this.#watched.get(directoryKey);
    if (watched) watched.inode = inode;
  }

  /** Returns the system's code when it refuses, `ENOSPC` at its limit; null when watching. */
  open(directoryKey: string, path: string): string | null {
    if (this.#watched.has(directoryKey)) return null;
    if (this.#watched.size >= watchedDirectoriesMax) return "ENOSPC";
    let watcher: FSWatcher;
    try {
      watcher = watch(path, { persistent: false }, (_event, name) =>
        this.#events.onEvent(directoryKey, name),
      );
    } catch (error) {
      const code = codeOf(error);
      if (code === null) throw error;
      return code;
    }
    watcher.on("error", (error) => {
      this.close(directoryKey);
      this.#events.onLost(directoryKey, codeOf(error) ?? error.message);
    });
    this.#watched.set(directoryKey, { watcher, inode: null });
    return null;
  }

  close(directoryKey: string): void {
    this.#watched.get(directoryKey)?.watcher.close();
    this.#watched.delete(directoryKey);
  }

  /** The directory and all below it; the root has the empty key. */
  closeTree(directoryKey: string): void {
    for (const key of this.#watched.keys()) {
      const below = directoryKey === "" || key.startsWith(`${directoryKey}/`);
      if (below || key === directoryKey) this.close(key);
    }
  }
}
