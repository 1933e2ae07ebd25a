/** From what a source's watch hears to hints on the log: at once, or as soon as the log accepts them. */
import {
  documentId,
  keyOf,
  positionOfOffset,
  type DocumentId,
  type GenerationId,
  type Hint,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { Appended, EventLog } from "../ports/event-log.ts";
import type { ToldKey, WatchListener } from "../ports/source-watch.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";
import { backoffMs } from "../run-stage/backoff.ts";
import { publishHints } from "./hints.ts";
import { setAsideNotices } from "./set-aside-notices.ts";

export interface HintPublisherOptions {
  readonly source: SourceName;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly generation: () => GenerationId;
  readonly epoch: () => number;
  /** A hint that the watch caused is on the log, where it makes this revision. */
  readonly announced: (key: string, hint: { revision: Revision; atMs: number }) => void;
  /** Anything may have changed. */
  readonly scanDue: () => void;
}

const pauseMs = 10;
const heardMax = 50_000;
const knownPageMax = 1_000;

export class HintPublisher {
  readonly #options: HintPublisherOptions;
  #heard = new Map<string, Hint["expects"]>();
  #prefixes = new Set<string>();
  /** When something was last heard that makes no hint: a scan that begins after it finds it. */
  #unhintedAtMs = Number.NEGATIVE_INFINITY;
  #begun = 0;
  #published = 0;

  constructor(options: HintPublisherOptions) {
    this.#options = options;
  }

  get listener(): WatchListener {
    return {
      heard: (key, expects) => this.#hear(key, expects),
      heardPrefix: (prefix) => this.#prefixes.add(prefix),
      heardAll: (told) => this.#publishTold(told),
      setAside: (notices) => setAsideNotices(this.#options, notices),
    };
  }

  /** Asks for documents to be read again, though no event told of them. */
  async ask(ids: readonly DocumentId[], reason: Hint["reason"]): Promise<void> {
    const { clock, log } = this.#options;
    const nowMs = clock.nowMs();
    await publishHints(
      log,
      ids.map((id) => this.#hintOf(keyOf(id), "unknown", reason, nowMs)),
    );
  }

  /**
   * Resolves when hints are on the log for all that was heard by now; false when some of it makes
   * none, and was heard since this time.
   */
  async published(sinceMs: number, signal: AbortSignal): Promise<boolean> {
    const wanted = this.#begun + 1;
    while (this.#published < wanted && !signal.aborted) {
      await this.#options.clock.sleep(pauseMs, signal);
    }
    return this.#published >= wanted && this.#unhintedAtMs < sinceMs;
  }

  /** Publishes what was heard, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { chance, clock, log } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      const heard = this.#heard;
      const prefixes = this.#prefixes;
      this.#heard = new Map();
      this.#prefixes = new Set();
      this.#begun += 1;
      const begun = this.#begun;
      try {
        for (const prefix of prefixes) await this.#hearKnownBelow(prefix, heard);
        const nowMs = clock.nowMs();
        const hints = [...heard].map(([key, expects]) =>
          this.#hintOf(key, expects, "change", nowMs),
        );
        this.#noteAnnounced(hints, await publishHints(log, hints));
        failures = 0;
        this.#published = begun;
        await clock.sleep(pauseMs, signal);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        for (const [key, expects] of heard) this.#hear(key, expects);
        for (const prefix of prefixes) this.#prefixes.add(prefix);
        failures += 1;
        await clock.sleep(backoffMs(failures, chance()), signal);
      }
    }
  }

  #hear(key: string, expects: Hint["expects"]): void {
    // Past the bound the scan finds what was not written down.
    if (this.#heard.size < heardMax || this.#heard.has(key)) this.#heard.set(key, expects);
    else this.#unhintedAtMs = this.#options.clock.nowMs();
  }

  async #publishTold(told: readonly ToldKey[]): Promise<void> {
    const { clock, log } = this.#options;
    const nowMs = clock.nowMs();
    const hints = told.map(({ expects, key, sourceTimeMs, trace }) => ({
      ...this.#hintOf(key, expects, "change", nowMs),
      sourceTimeMs,
      trace,
    }));
    this.#noteAnnounced(hints, await publishHints(log, hints, { durable: true }));
  }

  #noteAnnounced(hints: readonly Hint[], appended: readonly Appended[]): void {
    for (const [at, { documentId: id, epoch, observedAtMs }] of hints.entries()) {
      const position = positionOfOffset(appended[at]?.offset ?? 0);
      this.#options.announced(keyOf(id), { revision: { epoch, position }, atMs: observedAtMs });
    }
  }

  /** A folder that went away took with it documents that only the index still knows by name. */
  async #hearKnownBelow(prefix: string, heard: Map<string, Hint["expects"]>): Promise<void> {
    const { clock, generation, index, scanDue, source } = this.#options;
    if (prefix === "") {
      this.#unhintedAtMs = clock.nowMs();
      return scanDue();
    }
    let after: DocumentId = documentId(source, prefix);
    while (true) {
      const range = { after, limit: knownPageMax };
      const page = await index.listManifests(generation(), source, range);
      for (const manifest of page) {
        const key = keyOf(manifest.documentId);
        if (!key.startsWith(prefix)) return;
        if (!manifest.deleted) heard.set(key, "absent");
      }
      const last = page.at(-1);
      if (!last || page.length < knownPageMax) return;
      after = last.documentId;
    }
  }

  #hintOf(
    key: string,
    expects: Hint["expects"],
    reason: Hint["reason"],
    observedAtMs: number,
  ): Hint {
    const { epoch, source } = this.#options;
    return {
      source,
      documentId: documentId(source, key),
      epoch: epoch(),
      expects,
      reason,
      sourceTimeMs: null,
      observedAtMs,
      trace: null,
    };
  }
}
