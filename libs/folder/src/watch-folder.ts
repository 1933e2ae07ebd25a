/**
 * Turns what the file system says into hints. A hint is never wrong, only superfluous: whoever gets
 * it reads the state. Several events of one path within `hintWaitMs` make one hint.
 */
import type { BigIntStats } from "node:fs";
import { lstat } from "node:fs/promises";
import { basename } from "node:path";
import { TransientError } from "@tidemark/pipeline";
import { DirectoryWatches } from "./directory-watches.ts";
import { absentCodes, faultOf } from "./file-error.ts";
import type { FolderRoot } from "./folder-root.ts";
import type { KeyFilter } from "./key-filter.ts";
import { readEntries } from "./list-keys.ts";
import type { ReportListener } from "./report.ts";

export const hintWaitMs = 30;
/** Mounts and moves above the root send no event, so it is looked at this often. */
const rootCheckMs = 1000;
/** With more paths waiting, all of them become one hint for the whole folder. */
const pathsWaitingMax = 100_000;

const limitCodes = new Set(["ENOSPC", "EMFILE"]);

export type WatchProblem =
  /** The system watches no more directories: only the scan finds changes in the others. */
  | { readonly kind: "watch-limit"; readonly directory: string; readonly code: string }
  | { readonly kind: "unwatchable"; readonly directory: string; readonly code: string }
  | { readonly kind: "root-lost"; readonly message: string };

export interface WatchListener {
  readonly onHint: (key: string, expects: "present" | "absent" | "unknown") => void;
  /**
   * Every known document whose key starts with this may have changed; it ends with `/`, or is empty
   * when anything may have: then a scan is due.
   */
  readonly onPrefix: (prefix: string) => void;
  readonly onProblem: (problem: WatchProblem) => void;
}

interface FolderWatchOptions {
  readonly root: FolderRoot;
  readonly filter: KeyFilter;
  readonly fits: (key: string) => boolean;
  readonly onReport: ReportListener;
  readonly listener: WatchListener;
  readonly signal: AbortSignal;
}

/** Resolves when the folder is watched, or when its root is not there and is waited for. */
export async function watchFolder(options: FolderWatchOptions): Promise<void> {
  if (options.signal.aborted) return;
  const watching = new FolderWatch(options);
  await watching.start();
}

class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #watches: DirectoryWatches;
  /** What of the root is watched: its device and inode; null while it is lost. */
  #identity: string | null = null;
  #lossTold = false;
  #limitTold = false;
  #waiting = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  /** One thing at a time: a directory is not added while it is being closed. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#watches = new DirectoryWatches({
      onEvent: (directoryKey, name) => this.#notice(directoryKey, name),
      onLost: (directoryKey, code) => this.#lost(directoryKey, code),
    });
  }

  async start(): Promise<void> {
    const { signal } = this.#options;
    const rootTimer = setInterval(() => this.#enqueue(() => this.#checkRoot()), rootCheckMs);
    rootTimer.unref();
    signal.addEventListener(
      "abort",
      () => {
        clearInterval(rootTimer);
        if (this.#timer) clearTimeout(this.#timer);
        this.#watches.closeTree("");
      },
      { once: true },
    );
    this.#enqueue(() => this.#checkRoot({ first: true }));
    await this.#work;
  }

  /** A bug in the work is not caught: it ends the process. */
  #enqueue(act: () => Promise<void>): void {
    const { signal, listener } = this.#options;
    this.#work = this.#work.then(async () => {
      if (signal.aborted) return;
      try {
        await act();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof TransientError)) throw error;
        // What was to be looked at is forgotten, so that all is to be.
        listener.onPrefix("");
      }
    });
  }

  #notice(directoryKey: string, name: string | null): void {
    const { root } = this.#options;
    if (directoryKey === "" && (name === null || name === basename(root.path))) {
      this.#enqueue(() => this.#checkRoot());
    }
    // Without a name the directory itself is looked at, with all that it holds.
    this.#wait(name === null ? directoryKey : join(directoryKey, name));
  }

  #lost(directoryKey: string, code: string): void {
    this.#options.listener.onProblem({ kind: "unwatchable", directory: directoryKey, code });
    if (directoryKey === "") this.#identity = null;
    else this.#wait(directoryKey);
  }

  #wait(key: string): void {
    if (this.#options.signal.aborted) return;
    this.#waiting.add(this.#waiting.size < pathsWaitingMax ? key : "");
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#enqueue(() => this.#flush());
    }, hintWaitMs);
  }

  async #flush(): Promise<void> {
    // A directory comes before what is in it.
    const keys = [...this.#waiting].sort();
    this.#waiting = new Set();
    const hinted = new Set<string>();
    for (const key of keys) {
      if (this.#options.signal.aborted) return;
      if (key === "") this.#options.listener.onPrefix("");
      else if (!hinted.has(key)) await this.#examine(key, hinted);
    }
  }

  /**
   *   there now              watched as a directory   outcome
   *   another or no directory   yes                   hint for all below it, watch no more
   *   a directory               no                    watch it, hint for all in it
   *   a file                    -                     present
   *   nothing                   -                     absent
   *   cannot be told            -                     unknown
   */
  async #examine(key: string, hinted: Set<string>): Promise<void> {
    const { root, filter, listener, fits } = this.#options;
    const stats = await statsOf(`${root.path}/${key}`);
    const directory = stats !== "unknown" && stats !== null && stats.isDirectory();
    const same = directory && this.#watches.inodeOf(key) === stats.ino;
    if (this.#watches.has(key) && !same) {
      this.#watches.closeTree(key);
      listener.onPrefix(`${key}/`);
    }
    if (directory && !same && !filter.prunes(key)) await this.#add(key, hinted);
    if (same || !filter.includes(key) || !fits(key)) return;
    const present = stats !== "unknown" && stats !== null && !directory;
    listener.onHint(key, stats === "unknown" ? "unknown" : present ? "present" : "absent");
  }

  /** Watches a directory and all below it. With a set, its documents are hinted and put in it. */
  async #add(directoryKey: string, hinted: Set<string> | null): Promise<void> {
    const { root, filter, onReport, signal, listener, fits } = this.#options;
    const walk = { root: root.path, filter, onReport, signal };
    const directories = [directoryKey];
    for (let key = directories.pop(); key !== undefined; key = directories.pop()) {
      if (signal.aborted) return;
      await this.#watchOne(key);
      for (const entry of await readEntries(walk, key)) {
        if (entry.kind === "directory") directories.push(entry.key);
        else if (hinted && fits(entry.key)) {
          hinted.add(entry.key);
          listener.onHint(entry.key, "present");
        }
      }
    }
  }

  async #watchOne(key: string): Promise<void> {
    const { root } = this.#options;
    const path = key === "" ? root.path : `${root.path}/${key}`;
    const code = this.#watches.open(key, path);
    if (code !== null) {
      this.#tellRefused(key, code);
      return;
    }
    if (key === "") return;
    const stats = await statsOf(path);
    if (stats !== null && stats !== "unknown" && stats.isDirectory()) {
      this.#watches.identify(key, stats.ino);
    } else this.#watches.close(key);
  }

  /** A directory that is gone before it is watched is no problem; the limit is told once. */
  #tellRefused(directory: string, code: string): void {
    const { listener } = this.#options;
    if (absentCodes.has(code)) return;
    if (!limitCodes.has(code)) listener.onProblem({ kind: "unwatchable", directory, code });
    else if (!this.#limitTold) {
      this.#limitTold = true;
      listener.onProblem({ kind: "watch-limit", directory, code });
    }
  }

  /** Watches the root anew when it is another, or there again. */
  async #checkRoot({ first = false } = {}): Promise<void> {
    const { root, listener } = this.#options;
    try {
      const present = await root.present();
      if (present === this.#identity) return;
      this.#watches.closeTree("");
      await this.#add("", null);
      this.#identity = present;
      this.#lossTold = false;
      if (!first) listener.onPrefix("");
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      this.#watches.closeTree("");
      this.#identity = null;
      if (!this.#lossTold) listener.onProblem({ kind: "root-lost", message: error.message });
      this.#lossTold = true;
    }
  }
}

/** Null when there is nothing at the path. */
async function statsOf(path: string): Promise<BigIntStats | null | "unknown"> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    return faultOf(error).kind === "absent" ? null : "unknown";
  }
}

function join(directoryKey: string, name: string): string {
  return directoryKey === "" ? name : `${directoryKey}/${name}`;
}
