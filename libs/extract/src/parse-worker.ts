import { Worker } from "node:worker_threads";
import { PoisonError, TransientError } from "@tidemark/pipeline";
import { errorCode } from "./error-code.ts";
import type { ExtractedText, ExtractionJob } from "./extract-document.ts";
import { limitError } from "./limit-error.ts";
import type { WorkerReply } from "./worker-messages.ts";

export interface WorkerLimits {
  readonly timeMsMax: number;
  readonly memoryMbMax: number;
}

const bytesPerMb = 1024 * 1024;
/** How often memory outside the heap is looked at, which no limit of the engine covers. */
const memoryEveryMs = 100;

/** Deep documents need more than the usual; past it a parser's error is ours to name. */
const stackMb = 8;

/**
 * One worker thread that reads one document at a time. A document that is past its time or memory
 * takes the thread with it; `usable` is then false and another takes its place.
 */
export class ParseWorker {
  readonly #thread: Worker;
  readonly #limits: WorkerLimits;
  #usable = true;
  #closed = false;

  constructor(limits: WorkerLimits) {
    this.#limits = limits;
    this.#thread = new Worker(new URL("./extract-worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMbMax, stackSizeMb: stackMb },
      env: {},
      execArgv: ["--disable-warning=ExperimentalWarning"],
      // Parsers talk; what they say is about a document, and no log of ours.
      stdout: true,
      stderr: true,
    });
    this.#thread.stdout.resume();
    this.#thread.stderr.resume();
    this.#thread.on("error", () => {
      this.#usable = false;
    });
    this.#thread.on("exit", () => {
      this.#usable = false;
    });
    this.#thread.unref();
  }

  get usable(): boolean {
    return this.#usable;
  }

  /** Throws `PoisonError`, the signal's reason, or `TransientError` when it is closed meanwhile. */
  async extract(job: ExtractionJob, signal?: AbortSignal): Promise<ExtractedText> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<WorkerReply>();
    const failed = (error: unknown): void => reject(this.#poison(error));
    const exited = (): void => failed(new Error("the parser's thread ended"));
    const aborted = (): void => this.#give(reject, signal?.reason);
    const timer = setTimeout(() => {
      this.#give(
        reject,
        limitError("time-limit", {
          what: "milliseconds of parsing",
          value: null,
          setting: "timeMsMax",
          max: this.#limits.timeMsMax,
        }),
      );
    }, this.#limits.timeMsMax);
    const watch = setInterval(() => {
      void this.#memoryMb().then((usedMb) => {
        if (usedMb > this.#limits.memoryMbMax) this.#give(reject, this.#memoryError());
      });
    }, memoryEveryMs);
    this.#thread.ref();
    this.#thread.once("message", resolve).once("error", failed).once("exit", exited);
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      // A copy of its own: the caller keeps the bytes, and only they travel, not what they are part of.
      const bytes = Uint8Array.from(job.bytes);
      this.#thread.postMessage({ ...job, bytes }, [bytes.buffer]);
      const reply = await promise;
      if (reply.kind === "poison") throw new PoisonError(reply.reason, reply.message);
      return reply.extracted;
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      this.#thread.off("message", resolve).off("error", failed).off("exit", exited);
      signal?.removeEventListener("abort", aborted);
      this.#thread.unref();
    }
  }

  async close(): Promise<void> {
    this.#usable = false;
    this.#closed = true;
    await this.#thread.terminate();
  }

  /** Ends the thread, which cannot be stopped otherwise, and the wait for it. */
  #give(reject: (reason: unknown) => void, reason: unknown): void {
    this.#usable = false;
    reject(reason);
    void this.#thread.terminate();
  }

  #poison(error: unknown): PoisonError | TransientError {
    if (this.#closed) return new TransientError("the extractor was closed", { cause: error });
    if (errorCode(error) === "ERR_WORKER_OUT_OF_MEMORY") return this.#memoryError();
    return new PoisonError("extraction-failed", `the parser broke: ${String(error)}`, {
      cause: error,
    });
  }

  #memoryError(): PoisonError {
    return limitError("memory-limit", {
      what: "MB of memory for parsing",
      value: null,
      setting: "memoryMbMax",
      max: this.#limits.memoryMbMax,
    });
  }

  /** Buffers included; 0 for a thread that is gone. */
  async #memoryMb(): Promise<number> {
    try {
      const heap = await this.#thread.getHeapStatistics();
      return (heap.used_heap_size + heap.external_memory) / bytesPerMb;
    } catch (error) {
      if (errorCode(error) === "ERR_WORKER_NOT_RUNNING") return 0;
      throw error;
    }
  }
}
