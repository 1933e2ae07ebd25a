/**
 * The life of a process: it runs until it is done, fails, or is told to stop. Told once, it drains
 * within a bound; told twice, it ends at once. What fails at the top is logged there, once.
 */
import { ConfigError } from "./config/problems.ts";
import { exitCodeOfSignal, exitCodes } from "./exit-codes.ts";
import type { Logger } from "./logger.ts";

export const drainMsDefault = 10_000;
const signals = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof signals)[number];

/** What of the process this needs; `process` itself has it. */
export interface ProcessLike {
  on(event: Signal, listener: () => void): unknown;
  off(event: Signal, listener: () => void): unknown;
  exit(code: number): unknown;
}

/** An error that knows how the process is to end, such as a locked data directory. */
export class ExitError extends Error {
  override name = "ExitError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export interface RunProcessOptions {
  readonly logger: Logger;
  readonly process: ProcessLike;
  readonly drainMs?: number;
  /** Called after `ms`; the answer cancels it. */
  readonly after?: (ms: number, call: () => void) => () => void;
}

/** What the work is given. */
export interface ProcessContext {
  /** Aborted by the first signal; the reason is an `ExitError`. */
  readonly signal: AbortSignal;
  /** Sets the drain's bound, once the config is known. */
  readonly setDrainMs: (drainMs: number) => void;
  /** Closed in reverse when the work is over, however it ended; counts towards the drain. */
  readonly resources: AsyncDisposableStack;
}

/**
 * Runs the work and ends the process.
 *
 *   the work                            exit code
 *   returns nothing                     0, also after a signal
 *   returns a number                    that
 *   throws an ExitError, ConfigError    its `exitCode`; the reason is logged without a stack
 *   throws anything else                70, logged with its stack
 *   outlasts the drain after a signal   128 + the signal's number
 *   a second signal                     the same, at once
 */
export async function runProcess(
  work: (context: ProcessContext) => Promise<number | void>,
  { logger, process, drainMs = drainMsDefault, after = afterMs }: RunProcessOptions,
): Promise<void> {
  const controller = new AbortController();
  let drainBoundMs = drainMs;
  let ended = false;
  let cancelBound = () => {};
  const end = (code: number) => {
    if (ended) return;
    ended = true;
    cancelBound();
    for (const [signal, listener] of listeners) process.off(signal, listener);
    process.exit(code);
  };
  const told = (signal: Signal) => {
    const code = exitCodeOfSignal(signal);
    if (controller.signal.aborted) {
      logger.warn({ signal }, "stopped at once");
      end(code);
      return;
    }
    logger.info({ signal, drainMs: drainBoundMs }, "stopping");
    controller.abort(new ExitError(exitCodes.ok, `told to stop by ${signal}`));
    cancelBound = after(drainBoundMs, () => {
      logger.error({ drainMs: drainBoundMs }, "not done within the drain");
      end(code);
    });
  };
  const listeners = signals.map((signal) => [signal, () => told(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);

  const code = await settle(controller.signal, logger, async () => {
    await using resources = new AsyncDisposableStack();
    return await work({
      signal: controller.signal,
      resources,
      setDrainMs: (ms) => {
        drainBoundMs = ms;
      },
    });
  });
  end(code);
}

async function settle(
  signal: AbortSignal,
  logger: Logger,
  work: () => Promise<number | void>,
): Promise<number> {
  try {
    return (await work()) ?? exitCodes.ok;
  } catch (error) {
    // Work that stops by throwing what it was aborted with has stopped as it was told.
    if (signal.aborted && isAbort(error, signal)) return exitCodes.ok;
    if (error instanceof ConfigError) {
      for (const problem of error.problems) logger.error(problem, "the config cannot be used");
      return error.exitCode;
    }
    if (error instanceof ExitError) {
      logger.error({ exitCode: error.exitCode, reason: error.message }, "stopped");
      return error.exitCode;
    }
    logger.error({ error }, "failed");
    return exitCodes.bug;
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}

function afterMs(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
