/**
 * Log lines: JSON for machines, short lines on a terminal. Messages are constants and facts are
 * fields. Secrets print themselves hidden; fields with a telling name are hidden as well.
 */
import { pino, stdTimeFunctions } from "pino";
import { humanLine } from "./log-line.ts";

/** What any part may say. Fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Fields by these names are printed as `[hidden]`, at the top and one level down. `key` is not among
 * them: a document has one.
 */
export const hiddenFields = [
  "apiKey",
  "authorization",
  "cookie",
  "keys",
  "password",
  "secret",
  "token",
] as const;

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** `auto` is text when `isTerminal`, JSON otherwise. */
  readonly form?: "auto" | "json" | "text";
  /** Whether lines go to a person's terminal, with colors. */
  readonly isTerminal?: boolean;
  /** Takes whole lines with their line break. */
  readonly write: (line: string) => void;
  /** In every line, such as the name of the service. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function createLogger(options: LoggerOptions): Logger {
  const { level = "info", form = "auto", isTerminal = false, write, fields = {} } = options;
  const asText = form === "text" || (form === "auto" && isTerminal);
  const destination = {
    write: asText
      ? (line: string) =>
          write(humanLine(line, { colors: isTerminal, hiddenInText: Object.keys(fields) }))
      : write,
  };
  return pino(
    {
      level,
      base: fields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: hiddenFields.flatMap((name) => [name, `*.${name}`]),
        censor: "[hidden]",
      },
      serializers: {
        error: pino.stdSerializers.errWithCause,
        err: pino.stdSerializers.errWithCause,
      },
      messageKey: "message",
    },
    destination,
  );
}

/** Says nothing. For tests, and for callers that were given no logger. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
