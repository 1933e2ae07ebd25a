/** A database thread as the main thread sees it: jobs go, answers come. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { ConnectionOptions } from "./connection.ts";
import type { Reply, Request } from "./database-thread.ts";
import { errorFrom } from "./error-from.ts";
import type { Job } from "./job.ts";

const threadFile = fileURLToPath(new URL("./database-thread.ts", import.meta.url));

/**
 * Of what a thread's heap has just allocated. Jobs are short and leave little behind; the engine
 * would keep several times as much, in each thread.
 */
const youngMiB = 24;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Thread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #ended: Error | null = null;

  private constructor(worker: Worker, onCheckpointDue: () => void) {
    this.#worker = worker;
    worker.on("message", (reply: Reply) => {
      if (reply === "checkpoint due") return onCheckpointDue();
      const { id, outcome } = reply;
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (outcome.ok) pending?.resolve(outcome.result);
      else pending?.reject(errorFrom(outcome.error));
      return undefined;
    });
    worker.on("error", (error) => this.#end(error));
    this.#exited = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#end(new Error("the database thread has ended"));
        resolve();
      });
    });
  }

  /** Loads the code; `open` is still to come. */
  static start(options: ConnectionOptions, onCheckpointDue: () => void = () => undefined): Thread {
    const worker = new Worker(threadFile, {
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: youngMiB },
    });
    return new Thread(worker, onCheckpointDue);
  }

  /** @throws what opening the file threw; then the thread has ended. */
  async open(): Promise<void> {
    this.#worker.postMessage("open" satisfies Request, []);
    try {
      await this.#answer(0);
    } catch (error) {
      await this.#exited;
      throw error;
    }
  }

  /** Jobs that wait for an answer. */
  get waiting(): number {
    return this.#pending.size;
  }

  run(job: Job, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = this.#answer(id);
    this.#worker.postMessage({ id, job } satisfies Request, [...transfer]);
    return answer;
  }

  /** Finishes what waits, then ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#worker.postMessage("close" satisfies Request, []);
    await this.#exited;
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
