import { resolve } from "node:path";
import { restoreBackup } from "@tidemark/sqlite";

/**
 * Puts a backup in the place of a data directory that no process holds. The log gets a new
 * identity, so that every source begins a new epoch and is stated again.
 *
 * @throws DataDirectoryLockedError, NewerDatabaseError, CorruptDatabaseError
 */
export function restoreData(input: {
  readonly backup: string;
  readonly dataDirectory: string;
  readonly replace: boolean;
}): void {
  restoreBackup({
    backup: resolve(input.backup),
    directory: resolve(input.dataDirectory),
    replace: input.replace,
  });
}
