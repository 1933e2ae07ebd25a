/** Copies of the whole database, and how one becomes the database again. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Connection } from "./connection.ts";
import { DataDirectoryLock } from "./data-directory-lock.ts";
import type { Engine } from "./engine.ts";
import { errorFrom } from "./error-from.ts";
import { errorMessage } from "./error-message.ts";
import { CorruptDatabaseError, NewerDatabaseError } from "./errors.ts";
import { checkIntegrity, migrate, versionOf } from "./migrate.ts";
import { migrations } from "./schema.ts";
import { Thread } from "./thread.ts";
import { renewTopicIds } from "./topic-operations.ts";

/** The copy gets its name when it is whole. */
export async function writeBackup(options: {
  readonly file: string;
  readonly path: string;
  readonly engine: Engine;
}): Promise<void> {
  const { file, path, engine } = options;
  if (existsSync(path)) throw new Error(`${path} exists already`);
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  const job = { kind: "chore", name: "copyInto", argument: { path: partial } } as const;
  if (file === ":memory:") {
    await engine.run(job, { side: "other", transfer: [] });
  } else {
    // A thread of its own: a long copy holds neither the writer nor a reader.
    await using thread = Thread.start({ file, role: "reader" });
    await thread.open();
    await thread.run(job);
  }
  renameSync(partial, path);
}

export interface Restore {
  readonly backup: string;
  readonly directory: string;
  /** Sets a database that is there aside as `tidemark.db.before-restore`; refused otherwise. */
  readonly replace?: boolean;
}

/**
 * Makes a backup the database of a directory. The log gets new identities: its offsets go on from
 * those of the backup, so revisions made from them would look old without a new epoch.
 * @throws DataDirectoryLockedError, NewerDatabaseError, CorruptDatabaseError
 */
export function restoreBackup({ backup, directory, replace = false }: Restore): void {
  if (!existsSync(backup)) throw new Error(`there is no backup at ${backup}`);
  using _lock = DataDirectoryLock.acquire(directory);
  const file = join(directory, "tidemark.db");
  if (existsSync(file) && !replace) throw new Error(`${file} exists already`);
  const partial = `${file}.restoring`;
  removeDatabase(partial);
  copyFileSync(backup, partial);
  try {
    bringForward(partial);
  } catch (error) {
    removeDatabase(partial);
    if (error instanceof NewerDatabaseError || error instanceof CorruptDatabaseError) throw error;
    throw errorFrom(errorMessage(error));
  }
  if (existsSync(file)) {
    removeDatabase(`${file}.before-restore`);
    for (const part of databaseParts) {
      if (existsSync(file + part)) renameSync(file + part, `${file}.before-restore${part}`);
    }
  }
  renameSync(partial, file);
}

function bringForward(file: string): void {
  using connection = new Connection({ file, role: "writer" });
  if (versionOf(connection) === 0) throw new CorruptDatabaseError("no Tidemark database");
  checkIntegrity(connection);
  migrate(connection, migrations);
  connection.transaction("begin immediate", () => renewTopicIds(connection));
  connection.database.exec("pragma wal_checkpoint(truncate)");
}

const databaseParts = ["", "-wal", "-shm"];

function removeDatabase(file: string): void {
  for (const part of databaseParts) rmSync(file + part, { force: true });
}
