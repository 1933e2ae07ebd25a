/** For tests: a folder that is removed with its owner. */
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;
  readonly #outer: string;

  private constructor(outer: string) {
    this.#outer = outer;
    this.path = join(outer, "root");
  }

  /** The root is one level down, so that a test may move it away. */
  static async create(
    files: Readonly<Record<string, string | Uint8Array>> = {},
  ): Promise<TemporaryFolder> {
    const folder = new TemporaryFolder(await mkdtemp(join(tmpdir(), "tidemark-folder-")));
    await mkdir(folder.path);
    for (const [key, content] of Object.entries(files)) await folder.write(key, content);
    return folder;
  }

  at(key: string): string {
    return join(this.path, key);
  }

  beside(name: string): string {
    return join(this.#outer, name);
  }

  async write(key: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.at(key)), { recursive: true });
    await writeFile(this.at(key), content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#outer, { recursive: true, force: true });
  }
}
