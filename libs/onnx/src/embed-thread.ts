import { Worker } from "node:worker_threads";
import type { FromWorker, Run, ToWorker, WorkerSettings } from "./run.ts";

export interface ThreadOptions {
  readonly modelFile: string;
  readonly device: "cpu" | "cuda";
  /** Another program that speaks the same messages, for tests. */
  readonly entry?: URL;
}

export interface ThreadListener {
  done(runId: number, vectors: readonly ArrayBuffer[]): void;
  failed(runId: number, reason: string): void;
  /** The thread ended unasked. `runId` is the run it was computing, 0 when it is not known. */
  died(runId: number, reason: string): void;
}

const defaultEntry = new URL("./embed-worker.ts", import.meta.url);

/** A worker thread with a session of its own. */
export class EmbedThread {
  readonly #worker: Worker;
  readonly #running: Int32Array<SharedArrayBuffer>;
  readonly #ended: Promise<void>;
  #listener: ThreadListener | undefined;
  #reason = "the worker ended";

  private constructor(options: ThreadOptions) {
    this.#running = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const { modelFile, device } = options;
    const workerData: WorkerSettings = { modelFile, device, running: this.#running };
    // No flags of this process reach the worker: `--watch` and the like are not meant for it.
    this.#worker = new Worker(options.entry ?? defaultEntry, { workerData, execArgv: [] });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#worker.on("error", (error: unknown) => {
      this.#reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on("exit", () => {
      resolve();
      this.#listener?.died(Atomics.load(this.#running, 0), this.#reason);
    });
  }

  /** Resolves when the thread can take runs. Throws the reason when its session does not open. */
  static async start(options: ThreadOptions): Promise<EmbedThread> {
    const thread = new EmbedThread(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    thread.#worker.on("message", (message: FromWorker) => {
      if (message.kind === "ready") resolve();
      else if (message.kind === "refused") reject(new Error(message.reason));
      else if (message.kind === "done") thread.#listener?.done(message.id, message.vectors);
      else thread.#listener?.failed(message.id, message.reason);
    });
    void thread.#ended.then(() => reject(new Error(thread.#reason)));
    try {
      await promise;
      return thread;
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
  }

  listen(listener: ThreadListener): void {
    this.#listener = listener;
  }

  /** Moves the run's ids to the thread. */
  send(run: Run): void {
    this.#post({ kind: "run", run }, [run.ids]);
  }

  /** Lets the run in progress end, then the thread; after `waitMsMax` it is stopped by force. */
  async close(waitMsMax: number): Promise<void> {
    this.#listener = undefined;
    this.#post({ kind: "close" });
    const { promise: waited, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMsMax);
    await Promise.race([this.#ended, waited]);
    clearTimeout(timer);
    // A thread inside the runtime cannot be stopped before its call returns: that is not awaited.
    void this.#worker.terminate();
  }

  #post(message: ToWorker, moved: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, moved);
  }
}
