/** Failures as they travel between threads; SQLite's are told apart here, once. */
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
