/** A failure that the person at the terminal can act on: what is wrong, and what to do. */
export class CliError extends Error {
  override name = "CliError";
  readonly exitCode: number;
  readonly fix: string | null;
  /** Of a refusal, as the process names it. */
  readonly code: string | null;
  /** Further lines, such as each field that was wrong. */
  readonly details: readonly string[];

  constructor(
    exitCode: number,
    reason: string,
    options: {
      readonly fix?: string;
      readonly details?: readonly string[];
      readonly code?: string;
    } & ErrorOptions = {},
  ) {
    const { code, fix, details, ...errorOptions } = options;
    super(reason, errorOptions);
    this.exitCode = exitCode;
    this.fix = fix ?? null;
    this.code = code ?? null;
    this.details = details ?? [];
  }
}
