/**
 * One connection with its prepared statements. Operations get it, and nothing else, to work on.
 * There is one writer; readers cannot write, but they can checkpoint.
 */
import { createRequire } from "node:module";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export type Role = "writer" | "reader";

export interface ConnectionOptions {
  readonly file: string;
  readonly role: Role;
  /** `asked` leaves checkpoints to another connection: they wait for the disk, and long. */
  readonly checkpoints?: "own" | "asked";
  /** Of the file's pages, what this connection keeps by itself. */
  readonly cacheBytes?: number;
  /** Of the file, what a reader maps. */
  readonly mappedBytes?: number;
}

export type Value = SQLInputValue;

/** How long a connection waits for another's lock; the writer is alone, so hardly ever. */
const busyTimeoutMs = 5_000;
/** A WAL that a long read let grow is cut back to this size. */
const walBytesMax = 64 * 1024 * 1024;
/** Pages of the WAL that are to be brought into the file when there are so many. */
export const checkpointPages = 1_000;
/** Where nobody does, the writer does after all. */
const checkpointPagesMax = 8 * checkpointPages;
const cacheBytesDefault = 32 * 1024 * 1024;
/** Mapped pages count as resident memory, by each connection, until the system takes them back. */
const mappedBytesDefault = 128 * 1024 * 1024;
const pageBytes = 8192;

const libraryNames: Readonly<Record<string, readonly [platform: string, suffix: string]>> = {
  darwin: ["darwin", "dylib"],
  linux: ["linux", "so"],
  win32: ["windows", "dll"],
};

/** The extension lies in an optional package of sqlite-vec, one a platform. */
function extensionPath(): string {
  const [platform, suffix] = libraryNames[process.platform] ?? [process.platform, "so"];
  const sqliteVec = createRequire(import.meta.url).resolve("sqlite-vec");
  return createRequire(sqliteVec).resolve(`sqlite-vec-${platform}-${process.arch}/vec0.${suffix}`);
}

export class Connection implements Disposable {
  readonly file: string;
  readonly role: Role;
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(options: ConnectionOptions) {
    this.file = options.file;
    this.role = options.role;
    this.database = new DatabaseSync(options.file, {
      allowExtension: true,
      timeout: busyTimeoutMs,
    });
    try {
      this.database.loadExtension(extensionPath());
      this.database.exec(options.role === "writer" ? writerPragmas : readerPragmas);
      this.database.exec(sizePragmas(options));
      if (options.checkpoints === "asked") this.database.exec(checkpointLate);
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** Inserts a row and returns its rowid. */
  insert(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  // The caller knows its statement's row.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** One row at a time; stopping early is fine. */
  each<Row>(sql: string, ...values: Value[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values) as Iterable<Row>;
  }

  /** Runs as one transaction, rolled back when it throws. */
  transaction<T>(begin: "begin" | "begin immediate", work: () => T): T {
    this.database.exec(begin);
    try {
      const result = work();
      this.database.exec("commit");
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.database.isTransaction) this.database.exec("rollback");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

const writerPragmas = `
  pragma page_size = ${pageBytes};
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma foreign_keys = off;
  pragma temp_store = memory;
  pragma wal_autocheckpoint = ${checkpointPages};
  pragma journal_size_limit = ${walBytesMax};
`;

const checkpointLate = `pragma wal_autocheckpoint = ${checkpointPagesMax}`;

const readerPragmas = `
  pragma query_only = on;
  pragma temp_store = memory;
`;

/** Readers alone map the file. */
function sizePragmas({ role, cacheBytes, mappedBytes }: ConnectionOptions): string {
  const cacheKiB = Math.ceil((cacheBytes ?? cacheBytesDefault) / 1024);
  const cache = `pragma cache_size = -${cacheKiB};`;
  if (role === "writer") return cache;
  return `${cache} pragma mmap_size = ${mappedBytes ?? mappedBytesDefault};`;
}
