/** Time and chance, so that a simulation can hold them. */
export interface Clock {
  nowMs(): number;
  /** Resolves after this long, or at once when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A number from 0 up to, not including, 1. */
export type Chance = () => number;

export interface PipelineLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
