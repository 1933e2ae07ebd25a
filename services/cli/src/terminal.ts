/** What a command is given of the world; a test gives it another one. */
export interface Stream {
  readonly isTTY: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  write(text: string): void;
}

export interface Terminal {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly readStdin: () => Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly nowMs: () => number;
  /** Resolves after `ms`, or at once when a person interrupts; false when interrupted. */
  readonly pause: (ms: number) => Promise<boolean>;
}
