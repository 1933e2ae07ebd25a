/** Writes documents over HTTP for as long as somebody answers, and records what was acknowledged. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LineAnswer } from "@tidemark/api";
import { between, pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import { documentPath, send } from "../checker/ask.ts";
import type { PushedDocument } from "../checker/pushed-document.ts";
import {
  inventLarge,
  inventMarkdown,
  inventMetadata,
  inventPermissions,
  inventShrunk,
  tenants,
} from "./invent.ts";
import type { PushRecord, Write } from "./push-record.ts";

export const pushSource = "app";
const keysPerWorker = 6;
const workers = 2;
const linesMax = 5;
const largeName = "house rules.md";

/** Answers that say that the write may not have been kept, and may be tried again. */
const outages = new Set([408, 429, 503, 504]);
const outagePauseMs = 200;

interface Change {
  readonly key: string;
  readonly write: Write;
  readonly method: "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
}

export class PushStream {
  readonly #record: PushRecord;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  readonly #outlasts: boolean;
  #writes = 0;
  #large = 0;
  #prefix = "";

  constructor(options: {
    readonly record: PushRecord;
    readonly chance: Chance;
    readonly pauseMs: number;
    /** Goes on when nobody answers, and takes "later" for an answer. */
    readonly outlasts?: boolean;
  }) {
    this.#record = options.record;
    this.#chance = options.chance;
    this.#pauseMs = options.pauseMs;
    this.#outlasts = options.outlasts ?? false;
  }

  /** Writes that were tried, answered or not. */
  get tried(): number {
    return this.#writes;
  }

  /** Changes documents below `prefix` until the process is gone, or the signal. */
  async run(url: string, prefix: string, signal: AbortSignal): Promise<void> {
    this.#prefix = prefix;
    const small = Array.from({ length: workers }, (_, worker) =>
      this.#repeat(signal, () => this.#changeSmall(url, worker)),
    );
    await Promise.all([...small, this.#repeat(signal, () => this.#changeLarge(url))]);
  }

  /** One document at a time is in one worker's hands, so that its order is known. */
  async #repeat(signal: AbortSignal, change: () => Promise<boolean>): Promise<void> {
    while (!signal.aborted) {
      const isAnswered = await change();
      if (!isAnswered && !this.#outlasts) return;
      const pauseMs = isAnswered ? this.#chance() * 2 * this.#pauseMs : outagePauseMs;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #changeSmall(url: string, worker: number): Promise<boolean> {
    const keyOf = () =>
      `${this.#prefix}w${worker}/note ${between(this.#chance, 1, keysPerWorker)}.md`;
    if (this.#chance() < 0.15) {
      const keys = new Set(Array.from({ length: between(this.#chance, 1, linesMax) }, keyOf));
      return this.#sendLines(
        url,
        [...keys].map((key) => this.#put(key, inventMarkdown(this.#chance))),
      );
    }
    return this.#sendOne(url, this.#inventChange(keyOf()));
  }

  #inventChange(key: string): Change {
    const chance = this.#chance();
    const states = this.#record.possible(key);
    // A patch upon what is uncertain would leave a mixture that nobody could tell apart.
    const mayPatch = states.length === 1 && states[0] !== null;
    if (!mayPatch || chance < 0.45) return this.#put(key, inventMarkdown(this.#chance));
    if (chance < 0.65) {
      const permissions = inventPermissions(this.#chance);
      return this.#patch(key, { permissions });
    }
    if (chance < 0.85) {
      this.#writes += 1;
      return this.#patch(key, { metadata: inventMetadata(this.#chance, this.#writes) });
    }
    return { key, method: "DELETE", write: () => null };
  }

  /** Grows, shrinks and goes, in turn, so that points are put ahead and swept in writes of their own. */
  #changeLarge(url: string): Promise<boolean> {
    this.#large += 1;
    const key = `${this.#prefix}${largeName}`;
    const turn = this.#large % 5;
    if (turn === 4) return this.#sendOne(url, { key, method: "DELETE", write: () => null });
    const content = turn % 2 === 0 ? inventLarge(this.#chance) : inventShrunk(this.#chance);
    return this.#sendOne(url, this.#put(key, content));
  }

  #put(key: string, content: string): Change {
    this.#writes += 1;
    const document: PushedDocument = {
      source: pushSource,
      key,
      content,
      contentType: "text/markdown",
      metadata: inventMetadata(this.#chance, this.#writes),
      permissions: inventPermissions(this.#chance),
      tenant: key.endsWith(largeName) ? "*" : pick(this.#chance, tenants),
      archived: this.#chance() < 0.05,
    };
    const { source: _source, key: _key, ...body } = document;
    return { key, method: "PUT", body, write: () => document };
  }

  #patch(
    key: string,
    facet: Pick<PushedDocument, "permissions"> | Pick<PushedDocument, "metadata">,
  ): Change {
    return {
      key,
      method: "PATCH",
      body: facet,
      write: (before) => before && { ...before, ...facet },
    };
  }

  /** False when nobody answers any more. */
  async #sendOne(url: string, { body, key, method, write }: Change): Promise<boolean> {
    if (method !== "PUT") this.#writes += 1;
    try {
      const path = documentPath(pushSource, key);
      const answer = await send(url, { method, path, body });
      if (answer.status === 202) {
        this.#record.wrote(key, write, (answer.body as { readonly token: string }).token);
      } else if (answer.status === 404 && method === "PATCH") {
        this.#record.isAbsent(key);
      } else if (this.#isOutage(answer.status)) {
        this.#record.wasCutOff(key, write);
        return false;
      } else {
        throw new RangeError(`${method} ${key}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      return true;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      this.#record.wasCutOff(key, write);
      return false;
    }
  }

  async #sendLines(url: string, changes: readonly Change[]): Promise<boolean> {
    try {
      const answer = await fetch(`${url}/v1/sources/${pushSource}/documents`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", accept: "application/json" },
        body: changes
          .map(({ body, key }) => `${JSON.stringify({ key, ...(body as object) })}\n`)
          .join(""),
      });
      const answers: unknown = await answer.json();
      const isOutage = this.#isOutage(answer.status);
      if (answer.status !== 202 && answer.status !== 207 && !isOutage)
        throw new RangeError(`${answer.status} ${JSON.stringify(answers)}`);
      const lines = isOutage ? [] : (answers as readonly LineAnswer[]);
      for (const [at, { key, write }] of changes.entries()) {
        const line = lines[at];
        if (line && "token" in line) this.#record.wrote(key, write, line.token);
        else if (!line || this.#isOutage(line.error.status)) this.#record.wasCutOff(key, write);
        else throw new RangeError(`${key}: ${JSON.stringify(line)}`);
      }
      return !isOutage;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      for (const { key, write } of changes) this.#record.wasCutOff(key, write);
      return false;
    }
  }

  #isOutage(status: number): boolean {
    return this.#outlasts && outages.has(status);
  }
}
