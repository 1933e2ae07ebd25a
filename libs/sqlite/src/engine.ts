/**
 * Where jobs run: in threads, so that neither queries nor writes hold the event loop; or inline, in
 * the caller's thread at once, for tests and simulations.
 */
import type { Connection } from "./connection.ts";
import { errorFrom } from "./error-from.ts";
import { runRead, runWrites, type Job, type Outcome } from "./job.ts";
import { openConnection } from "./open-connection.ts";
import { Thread } from "./thread.ts";

/** Searches keep copies in memory, so they gather on the first readers, the rest on the last. */
export type Side = "search" | "other";

export interface Engine extends AsyncDisposable {
  /** Jobs that wait for the writer. */
  readonly writesWaiting: number;
  run(
    job: Job,
    options: { readonly side: Side; readonly transfer: readonly ArrayBuffer[] },
  ): Promise<unknown>;
  /** On every reader, or on those alone that are not busy. */
  runEach(job: Job, options: { readonly idle: boolean }): Promise<readonly unknown[]>;
}

export class InlineEngine implements Engine {
  readonly #connection: Connection;
  readonly writesWaiting = 0;

  constructor(file: string) {
    this.#connection = openConnection({ file, role: "writer" });
  }

  async run(job: Job): Promise<unknown> {
    const [outcome] =
      job.kind === "write"
        ? runWrites(this.#connection, [job])
        : [runRead(this.#connection, job, { snapshot: false })];
    return resultOf(outcome as Outcome);
  }

  async runEach(job: Job, options: { readonly idle: boolean }): Promise<readonly unknown[]> {
    return options.idle ? [] : [await this.run(job)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection[Symbol.dispose]();
  }
}

export interface ThreadedOptions {
  readonly readers: number;
  /** Of the file's pages, what all connections keep together. */
  readonly cacheBytes?: number | undefined;
  /** Of the file, what each reader maps. */
  readonly mappedBytes?: number | undefined;
}

export class ThreadedEngine implements Engine {
  readonly #writer: Thread;
  readonly #readers: readonly Thread[];

  private constructor(writer: Thread, readers: readonly Thread[]) {
    this.#writer = writer;
    this.#readers = readers;
  }

  static async open(
    file: string,
    { readers: readerCount, cacheBytes, mappedBytes }: ThreadedOptions,
  ): Promise<ThreadedEngine> {
    let checkpoint = () => {};
    const shares = 2 + readerCount;
    const sizes = (share: number) => ({
      ...(cacheBytes === undefined ? {} : { cacheBytes: (cacheBytes * share) / shares }),
      ...(mappedBytes === undefined ? {} : { mappedBytes }),
    });
    // Readers find most of what they read in what they have mapped.
    const writer = Thread.start({ file, role: "writer", checkpoints: "asked", ...sizes(2) }, () =>
      checkpoint(),
    );
    const readers = Array.from({ length: readerCount }, () =>
      Thread.start({ file, role: "reader", ...sizes(1) }),
    );
    const engine = new ThreadedEngine(writer, readers);
    checkpoint = () => void engine.#checkpoint();
    try {
      // The writer makes the file and its tables; readers find them there.
      await writer.open();
      await Promise.all(readers.map((reader) => reader.open()));
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  get writesWaiting(): number {
    return this.#writer.waiting;
  }

  run(
    job: Job,
    { side, transfer }: { readonly side: Side; readonly transfer: readonly ArrayBuffer[] },
  ): Promise<unknown> {
    const thread = job.kind === "read" ? this.#leastBusy(side) : this.#writer;
    return thread.run(job, transfer);
  }

  runEach(job: Job, { idle }: { readonly idle: boolean }): Promise<readonly unknown[]> {
    const readers = this.#readers.filter(({ waiting }) => !idle || waiting === 0);
    return Promise.all(readers.map((reader) => reader.run(job)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader[Symbol.asyncDispose]()));
    await this.#writer[Symbol.asyncDispose]();
  }

  /**
   * A reader does the most of it while the writer goes on; the writer the little that came
   * meanwhile, so that the write-ahead log can begin anew. What fails is asked for again later, and
   * a disk that fails is told by the next write.
   */
  async #checkpoint(): Promise<void> {
    const job = { kind: "chore", name: "checkpointWal", argument: null } as const;
    await Promise.allSettled([this.#leastBusy("other").run(job)]);
    await Promise.allSettled([this.#writer.run(job)]);
  }

  #leastBusy(side: Side): Thread {
    const readers = side === "search" ? this.#readers : this.#readers.toReversed();
    return readers.reduce((least, reader) => (reader.waiting < least.waiting ? reader : least));
  }
}

function resultOf(outcome: Outcome): unknown {
  if (outcome.ok) return outcome.result;
  throw errorFrom(outcome.error);
}
