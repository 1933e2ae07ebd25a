/** What can go wrong with the data directory and the log, named so that an operator can act. */
import { TransientError } from "@tidemark/pipeline";

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

  constructor(file: string, found: number, known: number) {
    super(
      `${file} has schema version ${found}, made by a newer Tidemark; this one knows ${known}. ` +
        `Run the newer Tidemark, or restore a backup made before it.`,
    );
  }
}

export class CorruptDatabaseError extends Error {
  override name = "CorruptDatabaseError";
}

/** The group's next record was trimmed by retention; the stage before must be set back. */
export class OffsetOutOfRangeError extends Error {
  override name = "OffsetOutOfRangeError";
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly begin: number;

  constructor(at: { topic: string; partition: number; offset: number; begin: number }) {
    super(
      `offset ${at.offset} of ${at.topic} partition ${at.partition} is no longer kept; ` +
        `the first one kept is ${at.begin}`,
    );
    this.topic = at.topic;
    this.partition = at.partition;
    this.offset = at.offset;
    this.begin = at.begin;
  }
}

/** An error as it travels between threads. */
export interface ErrorMessage {
  readonly kind: "transient" | "corrupt" | "newer" | "bug";
  readonly message: string;
  readonly stack: string | undefined;
}

// Primary result codes of SQLite.
const busy = 5;
const locked = 6;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

/** Says what kind of failure SQLite's is; anything that is not SQLite's is a bug. */
export function errorMessage(error: unknown): ErrorMessage {
  const { message, stack, errcode = 0, name } = error as Error & { errcode?: number };
  switch (errcode & 0xff) {
    case full:
      return { kind: "transient", message: `disk full: ${message}`, stack };
    case ioError:
      return { kind: "transient", message: `disk full or failing: ${message}`, stack };
    case busy:
    case locked:
      return { kind: "transient", message: `database busy: ${message}`, stack };
    case corrupt:
    case notADatabase:
      return {
        kind: "corrupt",
        message: `the database file is damaged (${message}): restore a backup, or remove the file and let the sources fill it again`,
        stack,
      };
    case cannotOpen:
      return { kind: "bug", message: `the database file cannot be opened: ${message}`, stack };
    default:
      return { kind: name === "NewerDatabaseError" ? "newer" : "bug", message, stack };
  }
}

export function errorFrom(message: ErrorMessage): Error {
  const error = bare(message);
  if (message.stack !== undefined) error.stack = message.stack;
  return error;
}

function bare({ kind, message }: ErrorMessage): Error {
  switch (kind) {
    case "transient":
      return new TransientError(message);
    case "corrupt":
      return new CorruptDatabaseError(message);
    case "newer":
      return Object.assign(new Error(message), { name: "NewerDatabaseError" });
    case "bug":
      return new Error(message);
  }
}
