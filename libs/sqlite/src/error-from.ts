/** What came from a database thread as a failure is thrown again here. */
import { TransientError } from "@tidemark/pipeline";
import type { ErrorMessage } from "./error-message.ts";
import { CorruptDatabaseError, NewerDatabaseError } from "./errors.ts";

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
      return new NewerDatabaseError(message);
    case "bug":
      return new Error(message);
  }
}
