/**
 * Writes files and pushed documents one after another, whatever happens meanwhile, and knows what
 * has to be found in the end.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { between, eventually, seededChance } from "@tidemark/testing";
import type { Deployment } from "./deployment.ts";
import { hitOf } from "./found.ts";
import { ApiError } from "./tidemark-api.ts";

export interface SteadyWriterOptions {
  readonly files: number;
  readonly pushed: number;
  readonly seed: number;
  /** Before the keys of its pushed documents, where there are several writers. */
  readonly pushedUnder?: string;
}

const pauseMs = 60;
const againAfterMs = 250;
const acceptedWithinMs = 90_000;
const deleteShare = 0.05;
/** So many of each are never deleted. */
const keptLeast = 4;

export class SteadyWriter {
  readonly #deployment: Deployment;
  readonly #chance: () => number;
  /** The text that each document has to have; null for one that was deleted for good. */
  readonly #files = new Map<string, string | null>();
  readonly #pushed = new Map<string, string | null>();
  #writes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(deployment: Deployment, options: SteadyWriterOptions) {
    this.#deployment = deployment;
    this.#chance = seededChance(options.seed);
    const under = options.pushedUnder ?? "note";
    for (let at = 0; at < options.files; at += 1) this.#files.set(`shelf/${at}.md`, "");
    for (let at = 0; at < options.pushed; at += 1) this.#pushed.set(`${under}/${at}`, "");
  }

  get writes(): number {
    return this.#writes;
  }

  /** Every document once. */
  async fill(): Promise<void> {
    for (const key of this.#files.keys()) await this.#putFile(key);
    await this.pushAll();
  }

  /** Every pushed document that is not deleted, once more. */
  async pushAll(): Promise<void> {
    for (const key of live(this.#pushed)) await this.#push(key);
  }

  /** Every pushed document as it has to be, deleted ones too: for a log that lost what it had. */
  async restatePushed(): Promise<void> {
    await this.pushAll();
    for (const [key, text] of this.#pushed) if (text === null) await this.#removePushed(key);
  }

  /** Between two writes, where it writes already. */
  deleteFile(): Promise<void> {
    return this.#inTurn(() => this.#deleteFile());
  }

  /** One after the other: two writes of one file at once have no last one. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #deleteFile(): Promise<void> {
    const key = live(this.#files)[0];
    if (!key) throw new Error("no file is left");
    this.#files.set(key, null);
    await this.#deployment.deleteFile(key);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#inTurn(() => this.#writeOne());
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #writeOne(): Promise<void> {
    const isFile = this.#chance() < 0.6;
    const documents = isFile ? this.#files : this.#pushed;
    const keys = live(documents);
    const key = keys[between(this.#chance, 0, keys.length - 1)];
    const isDelete = this.#chance() < deleteShare && keys.length > keptLeast;
    if (!key) throw new Error("no document is left");
    if (isDelete) await (isFile ? this.#deleteFile() : this.#removePushed(key));
    else await (isFile ? this.#putFile(key) : this.#push(key));
  }

  /** Writes while something else is done, and a little longer. */
  async during(act: () => Promise<void>, { longerMs = 2_000 } = {}): Promise<void> {
    const stop = new AbortController();
    const running = this.run(stop.signal);
    running.catch(() => stop.abort());
    try {
      await act();
      await sleep(longerMs);
    } finally {
      stop.abort();
      await running;
    }
  }

  /** Waits until a search finds every document as it was written last, and none that was deleted. */
  async untilAllFound({ withinMs = 60_000 } = {}): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    const documents = [
      ...[...this.#files].map(([key, text]) => [`files/${key}`, text] as const),
      ...[...this.#pushed].map(([key, text]) => [`app/${key}`, text] as const),
    ];
    for (const [id, text] of documents) {
      const leftMs = Math.max(1_000, deadlineMs - performance.now());
      await eventually(() => this.#expect(id, text), { withinMs: leftMs, everyMs: 100 });
    }
  }

  async #expect(id: string, text: string | null): Promise<void> {
    const hit = await hitOf(this.#deployment.api, id, { query: text ?? textOf(id, 0) });
    if (text === null ? hit === undefined : hit?.text === text) return;
    throw new Error(`${id}: ${hit?.text ?? "is not found"} instead of ${text ?? "nothing"}`);
  }

  async #putFile(key: string): Promise<void> {
    this.#writes += 1;
    const text = textOf(`files/${key}`, this.#writes);
    await this.#deployment.putFile(key, text);
    this.#files.set(key, text);
  }

  async #push(key: string): Promise<void> {
    this.#writes += 1;
    const content = textOf(`app/${key}`, this.#writes);
    await untilAccepted(() => this.#deployment.api.put("app", key, { content }));
    this.#pushed.set(key, content);
  }

  async #removePushed(key: string): Promise<void> {
    this.#writes += 1;
    await untilAccepted(() => this.#deployment.api.remove("app", key));
    this.#pushed.set(key, null);
  }
}

/** A write that found nobody, or was told to come later, is tried again. */
async function untilAccepted(write: () => Promise<unknown>): Promise<void> {
  const deadlineMs = performance.now() + acceptedWithinMs;
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      const mayComeAgain = isUnreachable(error) || isOutage(error);
      if (!mayComeAgain || performance.now() > deadlineMs) throw error;
      await sleep(againAfterMs);
    }
  }
}

/** By its name: what `fetch` throws is of another realm than the test's. */
function isUnreachable(error: unknown): boolean {
  return (error as Error).name === "TypeError" && (error as Error).message === "fetch failed";
}

function isOutage(error: unknown): boolean {
  return error instanceof ApiError && [429, 503, 504].includes(error.status);
}

function live(documents: ReadonlyMap<string, string | null>): readonly string[] {
  return [...documents].flatMap(([key, text]) => (text === null ? [] : key));
}

function textOf(id: string, write: number): string {
  return `The card of ${id} was stamped ${write} times in the reading room.`;
}
