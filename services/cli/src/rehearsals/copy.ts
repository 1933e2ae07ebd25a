/** The copy that a rehearsal damages: documents, half in a folder and half pushed, and their points. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FreshnessWire } from "@tidemark/api";
import {
  documentId,
  keyOf,
  sourceOf,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type Point,
  type SourceName,
} from "@tidemark/domain";
import type { OpenedCopy } from "@tidemark/embedded";
import { defaultConfig, exitCodes } from "@tidemark/runtime";
import { CliError } from "../cli-error.ts";
import { Client } from "../client.ts";
import type { Terminal } from "../terminal.ts";
import type { CopiedDocument } from "./copied-documents.ts";

export interface Stored {
  readonly manifest: Manifest;
  readonly points: readonly Point[];
}

/** The first that there is; a copy never has another. */
const generation = "g1" as GenerationId;
const folderSource = "files" as SourceName;
const pushSource = "app" as SourceName;
const settleMsMax = 180_000;
const askEveryMs = 100;
const repairsPerSecond = 100;

export class Copy implements AsyncDisposable {
  readonly #home: string;
  readonly #opened: OpenedCopy;
  readonly #terminal: Pick<Terminal, "nowMs" | "pause">;
  readonly client: Client;
  readonly #texts = new Map<DocumentId, string>();

  private constructor(
    home: string,
    opened: OpenedCopy,
    terminal: Pick<Terminal, "nowMs" | "pause">,
  ) {
    this.#home = home;
    this.#opened = opened;
    this.#terminal = terminal;
    this.client = new Client({ url: opened.url, key: undefined });
  }

  /** In a temporary directory, which is removed with it. */
  static async open(terminal: Pick<Terminal, "nowMs" | "pause">): Promise<Copy> {
    const home = await mkdtemp(join(tmpdir(), "tidemark-rehearsal-"));
    try {
      const folderPath = join(home, "documents");
      await mkdir(folderPath);
      const config = defaultConfig({ folderPath, name: folderSource });
      const audit = { ...config.audit, everyMs: 0, repairsPerSecond };
      // Loaded when it is needed: the other commands have nothing to do with a model.
      const { openCopy } = await import("@tidemark/embedded");
      const opened = await openCopy({
        config: { ...config, audit },
        dataDirectory: join(home, "data"),
      });
      return new Copy(home, opened, terminal);
    } catch (error) {
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  get index(): OpenedCopy["index"] {
    return this.#opened.index;
  }

  get generation(): GenerationId {
    return generation;
  }

  /** Of the folder and pushed ones by turns. */
  get documents(): readonly DocumentId[] {
    return [...this.#texts.keys()];
  }

  /** Puts them by turns into the folder and through the API, and waits until all can be found. */
  async fill(documents: readonly CopiedDocument[]): Promise<void> {
    for (const [at, { key, text }] of documents.entries()) {
      const source = at % 2 === 0 ? folderSource : pushSource;
      await this.#put(documentId(source, key), text);
    }
    await this.#until(async () => {
      const { sources } = await this.client.ask<FreshnessWire>("/v1/freshness");
      const searchable = sources.reduce((sum, each) => sum + each.searchable, 0);
      return searchable === documents.length && sources.every(({ pending }) => pending === 0);
    });
  }

  /** Changes the text of a document, and waits until that can be found. */
  async edit(id: DocumentId, change: (text: string) => string): Promise<void> {
    const before = await this.stored(id);
    await this.#put(id, change(this.#texts.get(id) ?? ""));
    await this.#until(async () => {
      const [manifest] = await this.index.manifests(generation, [id]);
      return manifest?.indexed?.contentHash !== before.manifest.indexed?.contentHash;
    });
  }

  async stored(id: DocumentId): Promise<Stored> {
    const [manifest] = await this.index.manifests(generation, [id]);
    if (!manifest) throw new Error(`the copy has no ${id}`);
    return { manifest, points: await this.index.pointsOf(generation, id) };
  }

  async embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const signal = AbortSignal.timeout(settleMsMax);
    const asked = { texts, purpose: "document", lane: "backfill", signal } as const;
    return (await this.#opened.embedder.embed(asked)).vectors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#opened[Symbol.asyncDispose]();
    } finally {
      await rm(this.#home, { recursive: true, force: true });
    }
  }

  async #put(id: DocumentId, text: string): Promise<void> {
    this.#texts.set(id, text);
    const [source, key] = [sourceOf(id), keyOf(id)];
    if (source === folderSource) {
      const path = join(this.#home, "documents", key);
      await mkdir(dirname(path), { recursive: true });
      // Whole at once: half of a text that was read would be another edit.
      const whole = join(this.#home, "whole");
      await writeFile(whole, text);
      await rename(whole, path);
      return;
    }
    const path = `/v1/sources/${source}/documents/${encodeURIComponent(key)}`;
    await this.client.ask(path, { method: "PUT", body: { content: text } });
  }

  async #until(holds: () => Promise<boolean>): Promise<void> {
    const untilMs = this.#terminal.nowMs() + settleMsMax;
    while (!(await holds())) {
      if (this.#terminal.nowMs() >= untilMs) {
        throw new CliError(exitCodes.failed, "the copy was not indexed in time");
      }
      if (!(await this.#terminal.pause(askEveryMs))) {
        throw new CliError(exitCodes.failed, "the rehearsal was interrupted");
      }
    }
  }
}
