/**
 * One file, `tidemark.db`, in a data directory that this process alone works on. Log and index
 * share it, so that a document, its manifest and the acknowledged offset are one transaction.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OverloadedError } from "@tidemark/pipeline";
import { AppendSignal } from "./append-signal.ts";
import { writeBackup } from "./backup.ts";
import { DataDirectoryLock } from "./data-directory-lock.ts";
import { InlineEngine, ThreadedEngine, type Engine, type Side } from "./engine.ts";
import type { DatabaseSize } from "./maintenance-operations.ts";
import type { ArgumentOf, Chores, Reads, Writes } from "./operations.ts";
import { priorities, type Priority } from "./write-queue.ts";

export const databaseFile = "tidemark.db";

export interface SqliteDatabaseOptions {
  /** Made when it is not there. Null keeps everything in memory, inline. */
  readonly directory: string | null;
  /** Inline runs everything in the caller's thread: for tests and simulations. */
  readonly mode?: "threads" | "inline";
  readonly readers?: number;
  /** Of the file's pages, what all connections keep together. */
  readonly cacheBytes?: number;
  /** Of the file, what each reader maps. */
  readonly mappedBytes?: number;
  /** Content and background writes that may wait; beyond, callers get an OverloadedError. */
  readonly writesWaitingMax?: number;
}

export interface WriteOptions {
  readonly priority: Priority;
  readonly durable?: boolean;
  readonly transfer?: readonly ArrayBuffer[];
}

const readersDefault = 2;
const writesWaitingDefault = 4096;

export class SqliteDatabase implements AsyncDisposable {
  readonly appends = new AppendSignal();
  readonly #engine: Engine;
  readonly #lock: DataDirectoryLock | null;
  readonly #writesWaitingMax: number;
  readonly #file: string;
  readonly #waiting: Record<Priority, number> = { restriction: 0, content: 0, background: 0 };
  #closed: Promise<void> | null = null;

  private constructor(
    file: string,
    engine: Engine,
    lock: DataDirectoryLock | null,
    options: SqliteDatabaseOptions,
  ) {
    this.#file = file;
    this.#engine = engine;
    this.#lock = lock;
    this.#writesWaitingMax = options.writesWaitingMax ?? writesWaitingDefault;
  }

  /**
   * @throws DataDirectoryLockedError, NewerDatabaseError, CorruptDatabaseError
   */
  static async open(options: SqliteDatabaseOptions): Promise<SqliteDatabase> {
    const { cacheBytes, directory, mappedBytes, mode = "threads" } = options;
    const { readers = readersDefault } = options;
    if (directory === null) {
      return new SqliteDatabase(":memory:", new InlineEngine(":memory:"), null, options);
    }
    mkdirSync(directory, { recursive: true });
    const lock = DataDirectoryLock.acquire(directory);
    const file = join(directory, databaseFile);
    try {
      const engine =
        mode === "inline"
          ? new InlineEngine(file)
          : await ThreadedEngine.open(file, { readers, cacheBytes, mappedBytes });
      return new SqliteDatabase(file, engine, lock, options);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Runs as one transaction. When it resolves, it survives a crash of the process. */
  async write<Name extends keyof Writes>(
    name: Name,
    argument: ArgumentOf<Writes[Name]>,
    { priority, durable = false, transfer = [] }: WriteOptions,
  ): Promise<ReturnType<Writes[Name]>> {
    if (priority !== "restriction" && this.#engine.writesWaiting >= this.#writesWaitingMax) {
      throw new OverloadedError(`${this.#engine.writesWaiting} writes wait for the database`);
    }
    const job = { kind: "write", name, argument, priority, durable } as const;
    this.#waiting[priority] += 1;
    try {
      const result = await this.#engine.run(job, { side: "other", transfer });
      return result as ReturnType<Writes[Name]>;
    } finally {
      this.#waiting[priority] -= 1;
    }
  }

  /** Writes that have no answer yet, by what they wait as. */
  get writesWaiting(): ReadonlyMap<Priority, number> {
    return new Map(priorities.map((priority) => [priority, this.#waiting[priority]]));
  }

  /** Reads one snapshot, with every write in it that has resolved. */
  async read<Name extends keyof Reads>(
    name: Name,
    argument: ArgumentOf<Reads[Name]>,
    { side = "other" }: { readonly side?: Side } = {},
  ): Promise<ReturnType<Reads[Name]>> {
    const result = await this.#engine.run({ kind: "read", name, argument }, { side, transfer: [] });
    return result as ReturnType<Reads[Name]>;
  }

  /** Has every reader, or those that are idle, do something ahead of what will be asked. */
  async readAhead<Name extends keyof Reads>(
    name: Name,
    argument: ArgumentOf<Reads[Name]>,
    options: { readonly idle: boolean },
  ): Promise<readonly ReturnType<Reads[Name]>[]> {
    const results = await this.#engine.runEach({ kind: "read", name, argument }, options);
    return results as readonly ReturnType<Reads[Name]>[];
  }

  async #chore<Name extends keyof Chores>(
    name: Name,
    argument: ArgumentOf<Chores[Name]>,
  ): Promise<void> {
    await this.#engine.run({ kind: "chore", name, argument }, { side: "other", transfer: [] });
  }

  size(): Promise<DatabaseSize> {
    return this.read("readSize", null);
  }

  /** Bounds the file: beyond, writes fail as on a full disk. Null takes the bound away. */
  async limitSize(bytes: number | null): Promise<void> {
    await this.#chore("limitPages", { bytes });
  }

  /** Brings the write-ahead log into the file and empties it. */
  async checkpoint(): Promise<void> {
    await this.#chore("truncateWal", null);
  }

  /**
   * Writes a whole, compact copy while work goes on.
   * @throws when something is at the path.
   */
  async backup(path: string): Promise<void> {
    await writeBackup({ file: this.#file, path, engine: this.#engine });
  }

  /** Finishes what waits and lets the directory go. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.appends.close();
    await this.#engine[Symbol.asyncDispose]();
    this.#lock?.[Symbol.dispose]();
  }
}
