/**
 * One process at a time works on a data directory. The lock is SQLite's own on a small file beside
 * the database: the kernel drops it with the process, so a kill leaves nothing to clean up. The
 * note beside it only says who holds it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataDirectoryLockedError, type LockHolder } from "./errors.ts";

const lockFile = "tidemark.lock";
const noteFile = "tidemark.lock.json";
const busyCode = 5;

export class DataDirectoryLock implements Disposable {
  readonly #database: DatabaseSync;
  readonly #note: string;

  private constructor(database: DatabaseSync, note: string) {
    this.#database = database;
    this.#note = note;
  }

  /** @throws DataDirectoryLockedError naming who holds it. */
  static acquire(directory: string, holder: Partial<LockHolder> = {}): DataDirectoryLock {
    mkdirSync(directory, { recursive: true });
    const note = join(directory, noteFile);
    const database = new DatabaseSync(join(directory, lockFile), { timeout: 0 });
    try {
      database.exec("begin exclusive");
    } catch (error) {
      database.close();
      if (((error as { errcode?: number }).errcode ?? 0) % 256 !== busyCode) throw error;
      throw new DataDirectoryLockedError(directory, readHolder(note));
    }
    const written: LockHolder = {
      pid: holder.pid ?? process.pid,
      host: holder.host ?? hostname(),
      since: holder.since ?? new Date().toISOString(),
      command: holder.command ?? process.argv.join(" "),
    };
    writeFileSync(note, `${JSON.stringify(written)}\n`);
    return new DataDirectoryLock(database, note);
  }

  [Symbol.dispose](): void {
    rmSync(this.#note, { force: true });
    this.#database.close();
  }
}

function readHolder(note: string): LockHolder | null {
  try {
    return JSON.parse(readFileSync(note, "utf8")) as LockHolder;
  } catch {
    return null;
  }
}
