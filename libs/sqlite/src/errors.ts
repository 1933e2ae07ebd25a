/** What can go wrong with the data directory, named so that an operator can act. */
/** Who holds a data directory, as the holder wrote it down. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly command: string;
}

export class DataDirectoryLockedError extends Error {
  override name = "DataDirectoryLockedError";
  readonly directory: string;
  /** Null when the holder has not yet written who it is. */
  readonly holder: LockHolder | null;

  constructor(directory: string, holder: LockHolder | null) {
    const who = holder
      ? `process ${holder.pid} on ${holder.host} since ${holder.since}: ${holder.command}`
      : "another process";
    super(`the data directory ${directory} is in use by ${who}`);
    this.directory = directory;
    this.holder = holder;
  }
}

export class NewerDatabaseError extends Error {
  override name = "NewerDatabaseError";

  static of(file: string, version: { readonly found: number; readonly known: number }) {
    return new NewerDatabaseError(
      `${file} has schema version ${version.found}, made by a newer Tidemark; this one knows ` +
        `${version.known}. Run the newer Tidemark, or restore a backup made before it.`,
    );
  }
}

export class CorruptDatabaseError extends Error {
  override name = "CorruptDatabaseError";
}
