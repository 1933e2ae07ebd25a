/**
 * Whether the root is still the directory that it was. An absence below another directory, such as
 * the empty mount point of an unmounted disk, says nothing about the documents.
 */
import { opendir, realpath, stat } from "node:fs/promises";
import { TransientError } from "@tidemark/pipeline";
import { codeOf } from "./file-error.ts";

export type RootState = "listable" | "changed" | "unlistable";

export class FolderRoot {
  readonly path: string;
  #identity: string;

  private constructor(path: string, identity: string) {
    this.path = path;
    this.#identity = identity;
  }

  /**
   * `identity` is what an earlier process exported; without it the directory that is there now is
   * taken for the root. Throws `TransientError` when it cannot be listed and none was given.
   */
  static async open(path: string, identity: string | null): Promise<FolderRoot> {
    return new FolderRoot(path, identity ?? (await identityOf(path)));
  }

  /** Device and inode of the accepted root, to be kept across restarts. */
  get identity(): string {
    return this.#identity;
  }

  async state(): Promise<RootState> {
    try {
      return (await identityOf(this.path)) === this.#identity ? "listable" : "changed";
    } catch (error) {
      if (error instanceof TransientError) return "unlistable";
      throw error;
    }
  }

  /** Takes the directory that is there now for the root: a person said that it is. */
  async accept(): Promise<void> {
    this.#identity = await identityOf(this.path);
  }

  /** What is at the path now. Throws `TransientError` when it cannot be listed. */
  present(): Promise<string> {
    return identityOf(this.path);
  }

  /** The path with its links followed. Throws `TransientError` when there is none. */
  async real(): Promise<string> {
    try {
      return await realpath(this.path);
    } catch (error) {
      throw unlistable(error);
    }
  }

  /** Resolves when an absence below the root means absence; throws `TransientError` when not. */
  async confirmAbsence(): Promise<void> {
    const state = await this.state();
    if (state === "listable") return;
    throw new TransientError(
      state === "changed"
        ? "the folder's root is another directory than before: nothing is taken for deleted"
        : "the folder's root cannot be listed: nothing is taken for deleted",
    );
  }
}

async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    const directory = await opendir(path);
    try {
      await directory.read();
    } finally {
      await directory.close();
    }
    return `${dev}:${ino}`;
  } catch (error) {
    throw unlistable(error);
  }
}

function unlistable(error: unknown): TransientError {
  const code = codeOf(error);
  if (code === null) throw error;
  return new TransientError(`the folder's root cannot be listed: ${code}`, { cause: error });
}
