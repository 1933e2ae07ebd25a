/** Brings a database file forward to the tables this code knows, never back. */
import { existsSync, rmSync } from "node:fs";
import type { Connection } from "./connection.ts";
import { NewerDatabaseError } from "./errors.ts";

const integrity = "pragma quick_check(1)";

/**
 * Takes the steps the file lacks, each in its own transaction. A file that holds data is first
 * copied to `<file>.before-v<N>`, N being the version it is brought to.
 * @throws NewerDatabaseError when the file has taken more steps than are known here.
 */
export function migrate(connection: Connection, migrations: readonly string[]): void {
  const found = versionOf(connection);
  if (found > migrations.length) {
    throw NewerDatabaseError.of(connection.file, { found, known: migrations.length });
  }
  if (found === migrations.length) return;
  if (found > 0) copyAside(connection, migrations.length);
  for (const [index, step] of migrations.entries()) {
    if (index < found) continue;
    connection.transaction("begin immediate", () => {
      connection.database.exec(step);
      connection.database.exec(`pragma user_version = ${index + 1}`);
    });
  }
}

export function versionOf(connection: Connection): number {
  return connection.get<{ user_version: number }>("pragma user_version")?.user_version ?? 0;
}

/** A copy left by an attempt that was cut off is made again: the file itself is still whole. */
function copyAside(connection: Connection, version: number): void {
  if (connection.file === ":memory:") return;
  const copy = `${connection.file}.before-v${version}`;
  if (existsSync(copy)) rmSync(copy);
  connection.run("vacuum into ?", copy);
}

/** @throws the damage found, as SQLite words it. */
export function checkIntegrity(connection: Connection): void {
  const found = connection.get<{ quick_check: string }>(integrity)?.quick_check;
  if (found !== "ok") {
    throw Object.assign(new Error(found ?? "no answer"), { errcode: corruptCode });
  }
}

const corruptCode = 11;
