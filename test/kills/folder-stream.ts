/** Changes the files of a folder, whether or not somebody watches. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import { inventFrontMatter, inventMarkdown } from "./invent.ts";

const filesMax = 9;
const filesLeast = 4;
const slownessUnwatched = 8;
const below = ["", "guide/", "people/north/"];

export class FolderStream {
  readonly #folder: string;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  #made = 0;
  #prefix = "";
  #changes = 0;

  constructor(options: {
    readonly folder: string;
    readonly chance: Chance;
    readonly pauseMs: number;
  }) {
    this.#folder = options.folder;
    this.#chance = options.chance;
    this.#pauseMs = options.pauseMs;
  }

  get changes(): number {
    return this.#changes;
  }

  /**
   * Changes files below `prefix`: slowly while nobody may be there to watch, and then so that all
   * changes stay within the bound.
   */
  async run(
    prefix: string,
    { isWatched, changesMax }: { isWatched: () => boolean; changesMax: () => number },
    signal: AbortSignal,
  ): Promise<void> {
    this.#prefix = prefix;
    await mkdir(join(this.#folder, prefix), { recursive: true });
    while (!signal.aborted) {
      const watched = isWatched();
      if (!watched || this.#changes < changesMax()) await this.#change();
      const pauseMs = this.#pauseMs * (watched ? 1 : slownessUnwatched);
      await sleep(this.#chance() * 2 * pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #change(): Promise<void> {
    const entries = await readdir(join(this.#folder, this.#prefix), { recursive: true });
    const files = entries
      .filter((entry) => entry.endsWith(".md"))
      .map((entry) => `${this.#prefix}${entry}`)
      .toSorted();
    const chance = this.#chance();
    this.#changes += 1;
    if (files.length < filesLeast || (chance < 0.2 && files.length < filesMax)) {
      await this.#write(
        this.#newKey(),
        inventFrontMatter(this.#chance) + inventMarkdown(this.#chance),
      );
      return;
    }
    const key = pick(this.#chance, files);
    if (chance < 0.5)
      await this.#write(key, inventFrontMatter(this.#chance) + inventMarkdown(this.#chance));
    else if (chance < 0.7) await this.#restrict(key);
    else if (chance < 0.87) await this.#rename(key);
    else await rm(join(this.#folder, key));
  }

  #newKey(): string {
    this.#made += 1;
    return `${this.#prefix}${pick(this.#chance, below)}page ${this.#made}.md`;
  }

  /** The words stay, who may read them changes. */
  async #restrict(key: string): Promise<void> {
    const text = await readFile(join(this.#folder, key), "utf8");
    const body = text.slice(text.indexOf("---\n", 4) + 4);
    await this.#write(key, inventFrontMatter(this.#chance) + body);
  }

  async #rename(key: string): Promise<void> {
    const to = join(this.#folder, this.#newKey());
    await mkdir(dirname(to), { recursive: true });
    await rename(join(this.#folder, key), to);
  }

  /** In place or by a rename over it, as editors do the one or the other. */
  async #write(key: string, text: string): Promise<void> {
    const path = join(this.#folder, key);
    await mkdir(dirname(path), { recursive: true });
    if (between(this.#chance, 0, 1) === 0) {
      await writeFile(path, text);
      return;
    }
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
  }
}
