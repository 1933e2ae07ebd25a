import { OverloadedError, TransientError } from "@tidemark/pipeline";
import type { Extraction, TextExtractor } from "@tidemark/pipeline";
import { contentTypes, formatOf } from "./document-format.ts";
import type { DocumentFormat } from "./document-format.ts";
import { extractDocument } from "./extract-document.ts";
import type { ExtractedText, ExtractionJob } from "./extract-document.ts";
import { extractionLimitsDefault } from "./extraction-limits.ts";
import type { ExtractionLimits } from "./extraction-limits.ts";
import { EXTRACTION_VERSION } from "./extraction-version.ts";
import type { FrontMatter } from "./front-matter-fields.ts";
import { limitError } from "./limit-error.ts";
import { ParseWorker } from "./parse-worker.ts";
import type { WorkerLimits } from "./parse-worker.ts";

export interface ExtractorSettings extends ExtractionLimits, WorkerLimits {
  /** Threads, started when the first document needs one. */
  readonly workers: number;
  /** Documents that may wait for a thread. */
  readonly waitingMax: number;
}

export const extractorSettingsDefault: ExtractorSettings = {
  ...extractionLimitsDefault,
  workers: 1,
  waitingMax: 1_000,
  timeMsMax: 30_000,
  memoryMbMax: 256,
};

export interface Extracted extends Extraction {
  readonly frontMatter: FrontMatter | null;
  /** What it was read as. */
  readonly contentType: string;
  readonly version: string;
}

/** Up to this size a format is read at once, in about a millisecond; more goes to a thread. */
const bytesHereMax: Readonly<Record<DocumentFormat, number>> = {
  text: 128 * 1024,
  lines: 128 * 1024,
  markdown: 8 * 1024,
  html: 0,
  pdf: 0,
  docx: 0,
};
/** The event loop gets a turn when documents read at once have taken so long together. */
const turnMsMax = 8;

/** Turns documents into text, within bounds. */
export class Extractor implements TextExtractor {
  readonly version = EXTRACTION_VERSION;
  readonly #settings: ExtractorSettings;
  readonly #idle: ParseWorker[] = [];
  readonly #workers = new Set<ParseWorker>();
  readonly #waiting: Pick<PromiseWithResolvers<ParseWorker>, "resolve" | "reject">[] = [];
  #turnEndsAtMs = 0;
  #turn: Promise<void> | undefined;
  #closed = false;

  private constructor(settings: ExtractorSettings) {
    this.#settings = settings;
  }

  static open(settings: Partial<ExtractorSettings> = {}): Extractor {
    return new Extractor({ ...extractorSettingsDefault, ...settings });
  }

  /**
   * Throws `PoisonError` naming the limit or the fault, `OverloadedError` when too many wait, and the
   * signal's reason. A document without bytes has no blocks.
   */
  async extract({
    bytes,
    contentType,
    fileName,
    signal,
  }: {
    readonly bytes: Uint8Array;
    readonly contentType: string | null;
    readonly fileName: string | null;
    readonly signal?: AbortSignal;
  }): Promise<Extracted> {
    const { inputBytesMax } = this.#settings;
    if (bytes.length > inputBytesMax) {
      throw limitError("size-limit", {
        what: "bytes of the document",
        value: bytes.length,
        setting: "inputBytesMax",
        max: inputBytesMax,
      });
    }
    const format = formatOf({ bytes, contentType, fileName });
    const job: ExtractionJob = { bytes, format, contentType, limits: this.#limits() };
    const here = bytes.length <= bytesHereMax[format];
    const extracted = here ? await this.#here(job, signal) : await this.#there(job, signal);
    return { ...extracted, contentType: contentTypes[format], version: this.version };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const closed = new TransientError("the extractor was closed");
    for (const { reject } of this.#waiting.splice(0)) reject(closed);
    await Promise.all([...this.#workers].map((worker) => worker.close()));
  }

  #limits(): ExtractionLimits {
    const { inputBytesMax, unpackedBytesMax, outputCharsMax, depthMax, pagesMax } = this.#settings;
    return { inputBytesMax, unpackedBytesMax, outputCharsMax, depthMax, pagesMax };
  }

  async #here(job: ExtractionJob, signal?: AbortSignal): Promise<ExtractedText> {
    if (performance.now() > this.#turnEndsAtMs) {
      this.#turn ??= new Promise((resolve) => {
        setImmediate(() => {
          this.#turn = undefined;
          this.#turnEndsAtMs = performance.now() + turnMsMax;
          resolve();
        });
      });
      await this.#turn;
    }
    signal?.throwIfAborted();
    return extractDocument(job);
  }

  async #there(job: ExtractionJob, signal?: AbortSignal): Promise<ExtractedText> {
    const worker = await this.#take(signal);
    try {
      return await worker.extract(job, signal);
    } finally {
      this.#release(worker);
    }
  }

  async #take(signal?: AbortSignal): Promise<ParseWorker> {
    signal?.throwIfAborted();
    if (this.#closed) throw new TransientError("the extractor is closed");
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (worker.usable) return worker;
      this.#workers.delete(worker);
    }
    if (this.#workers.size < this.#settings.workers) return this.#start();
    if (this.#waiting.length >= this.#settings.waitingMax) {
      throw new OverloadedError(`${this.#waiting.length} documents wait to be parsed (waitingMax)`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<ParseWorker>();
    this.#waiting.push({ resolve, reject });
    return promise;
  }

  #release(worker: ParseWorker): void {
    if (!worker.usable) this.#workers.delete(worker);
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(worker.usable ? worker : this.#start());
    else if (worker.usable) this.#idle.push(worker);
  }

  #start(): ParseWorker {
    const { timeMsMax, memoryMbMax } = this.#settings;
    const worker = new ParseWorker({ timeMsMax, memoryMbMax });
    this.#workers.add(worker);
    return worker;
  }
}
