/**
 * How a process or a command ends. The first four are the verdict of `tidemark freshness`; the rest
 * are the numbers of sysexits.h, which schedulers and people may know.
 */
export const exitCodes = {
  /** Done; for `freshness`: every objective is met. */
  ok: 0,
  /** Something failed; for `freshness`: late, the budget still holds. */
  failed: 1,
  late: 1,
  /** For `freshness`: an objective is breached. Elsewhere: the command was not understood. */
  breached: 2,
  usage: 2,
  /** For `freshness`: it cannot be told. */
  unknown: 3,
  /** Nobody answers at the address given. */
  unavailable: 69,
  /** A bug: an error that no code expected. */
  bug: 70,
  /** The disk is full or cannot be written. */
  disk: 74,
  /** Another process holds the data directory. */
  dataLocked: 75,
  /** A key is missing or not allowed to do this. */
  denied: 77,
  /** The config or the environment is wrong; nothing was started. */
  config: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a shell shows for a process that ended by a signal. */
export function exitCodeOfSignal(signal: "SIGINT" | "SIGTERM"): number {
  return 128 + (signal === "SIGINT" ? 2 : 15);
}
