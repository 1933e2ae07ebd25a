import { Worker } from "node:worker_threads";
import { cell, newControl } from "./run.ts";
import type { FromWorker, Run, ToWorker, WorkerSettings } from "./run.ts";

export interface ThreadOptions {
  readonly modelFile: string;
  readonly device: "cpu" | "cuda";
  /** Another program that speaks the same messages, for tests. */
  readonly entry?: URL;
}

export interface ThreadListener {
  done(done: Extract<FromWorker, { readonly kind: "done" }>): void;
  failed(runId: number, reason: string): void;
  /** The thread ended unasked. `runId` is the run it was computing, 0 when it is not known. */
  died(runId: number, reason: string): void;
}

const defaultEntry = new URL("./embed-worker.ts", import.meta.url);

/** A run takes well under this. */
const exitWaitMsMax = 1000;

/**
 * Threads that have not ended. A process that exits while one is inside the runtime is aborted by
 * it, with another exit code than its own; so the exit waits for the runs in progress.
 */
const threads = new Set<Int32Array<SharedArrayBuffer>>();
process.on("exit", () => {
  for (const control of threads) Atomics.store(control, cell.stop, 1);
  for (const control of threads) {
    const running = Atomics.load(control, cell.running);
    if (running !== 0) Atomics.wait(control, cell.running, running, exitWaitMsMax);
  }
});

/** A worker thread with a session of its own. */
export class EmbedThread {
  readonly #worker: Worker;
  readonly #control = newControl();
  readonly #ended: Promise<void>;
  #listener: ThreadListener | undefined;
  #reason = "the worker ended";

  private constructor(options: ThreadOptions) {
    const { modelFile, device } = options;
    const workerData: WorkerSettings = { modelFile, device, control: this.#control };
    // No flags of this process reach the worker: `--watch` and the like are not meant for it.
    this.#worker = new Worker(options.entry ?? defaultEntry, { workerData, execArgv: [] });
    threads.add(this.#control);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#worker.on("error", (error: unknown) => {
      this.#reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on("exit", () => {
      threads.delete(this.#control);
      resolve();
      this.#listener?.died(Atomics.load(this.#control, cell.running), this.#reason);
    });
  }

  /** Resolves when the thread can take runs. Throws the reason when its session does not open. */
  static async start(options: ThreadOptions): Promise<EmbedThread> {
    const thread = new EmbedThread(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    thread.#worker.on("message", (message: FromWorker) => {
      if (message.kind === "ready") resolve();
      else if (message.kind === "refused") reject(new Error(message.reason));
      else if (message.kind === "done") thread.#listener?.done(message);
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
