/** A probe's document in a folder: put in its place whole, and never over anybody else's. */
import { constants } from "node:fs";
import { lstat, open, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isProbeText } from "@tidemark/domain";
import { TransientError, type ProbeAsker, type ProbeTarget } from "@tidemark/pipeline";
import { codeOf } from "./file-error.ts";
import type { FolderRoot } from "./folder-root.ts";

export interface FolderProbeOptions {
  /** Which directory the folder is, as whoever writes sees it. */
  readonly root: () => FolderRoot | Promise<FolderRoot>;
  readonly key: string;
  /** Nobody else finds it: its front matter says so. */
  readonly asker: ProbeAsker;
}

const headBytesMax = 4_096;

export class FolderProbe implements ProbeTarget {
  readonly key: string;
  readonly #root: FolderProbeOptions["root"];
  readonly #frontMatter: string;

  constructor({ asker, key, root }: FolderProbeOptions) {
    this.key = key;
    this.#root = root;
    this.#frontMatter = frontMatterFor(asker);
  }

  async write(text: string): Promise<void> {
    await this.#change(async (path) => {
      // No document is named so, and only one can be left behind.
      const temporary = `${dirname(path)}/.#tidemark-probe~`;
      await rm(temporary, { force: true });
      await writeNew(temporary, `${this.#frontMatter}${text}\n`);
      await rename(temporary, path);
    });
  }

  async delete(): Promise<void> {
    await this.#change((path) => rm(path, { force: true }));
  }

  /** Of nothing that is not a probe's. */
  async #change(change: (path: string) => Promise<void>): Promise<void> {
    // Below another directory, such as an empty mount point, it would be no change of the source.
    const root = await this.#root();
    if ((await root.state()) !== "listable") {
      throw new TransientError("the folder's root is not the directory that it was");
    }
    const realRoot = await root.real();
    const path = `${realRoot}/${this.key}`;
    const parent = dirname(path);
    try {
      if ((await realpath(parent)) !== parent) throw notOurs(this.key);
      await this.#refuseForeign(path);
      await change(path);
    } catch (error) {
      if (error instanceof TransientError) throw error;
      const code = codeOf(error);
      if (code === null) throw error;
      throw new TransientError(`${this.key} cannot be written: ${code}`, { cause: error });
    }
  }

  async #refuseForeign(path: string): Promise<void> {
    const stats = await lstat(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    });
    if (!stats) return;
    if (!stats.isFile()) throw notOurs(this.key);
    await using file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytesMax), 0, headBytesMax, 0);
    const head = buffer.toString("utf8", 0, bytesRead);
    if (!isProbeText(head.replace(/^---\n.*?\n---\n/su, ""))) throw notOurs(this.key);
  }
}

/** Fails where something is there, a link among others. */
async function writeNew(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o644);
  await file.writeFile(text);
}

function notOurs(key: string): TransientError {
  return new TransientError(
    `${key} is not a probe's document and is left alone: name another under probe.key`,
  );
}

function frontMatterFor({ principals, tenant }: ProbeAsker): string {
  const fields = {
    ...(principals === null ? {} : { permissions: principals }),
    ...(tenant === null ? {} : { tenant }),
  };
  const lines = Object.entries(fields).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}\n`,
  );
  return lines.length === 0 ? "" : `---\n${lines.join("")}---\n`;
}
