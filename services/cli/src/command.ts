/** What every command that talks to the process shares. */
import { Command, InvalidArgumentError } from "commander";
import { addressOf } from "./address.ts";
import { Client } from "./client.ts";
import { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import type { TextOptions } from "./format/search-text.ts";

/** How a command ends: sets the exit code, 0 unless said. */
export interface Session {
  readonly terminal: Terminal;
  end(exitCode: number): void;
}

export interface Common {
  readonly url?: string;
  readonly dataDir?: string;
  readonly json?: true;
  readonly color: boolean;
}

/** Adds `--json` and `--no-color`. */
export function speaking(command: Command): Command {
  return command
    .option("--json", "print JSON")
    .option("--no-color", "no colors; NO_COLOR does the same");
}

/** Adds where the process is found as well. */
export function asking(command: Command): Command {
  return speaking(command)
    .option("--url <address>", "where the process listens (or TIDEMARK_URL)")
    .option("--data-dir <directory>", "its data directory, which knows where", ".tidemark");
}

export function clientFor({ terminal }: Session, { url, dataDir }: Common): Client {
  const { environment, workingDirectory } = terminal;
  const address = addressOf({ url, dataDirectory: dataDir, environment, workingDirectory });
  return new Client({ url: address, key: environment["TIDEMARK_KEY"] || undefined });
}

export function outputFor({ terminal }: Session, { color }: Common): Output {
  return new Output(terminal, { colors: color });
}

export function textOptions({ terminal }: Session, output: Output): TextOptions {
  return { paint: output.paint, width: output.width, nowMs: terminal.nowMs() };
}

/** The JSON when it was asked for, else the lines. */
export function tell<T>(
  output: Output,
  { json }: Common,
  { value, text }: { readonly value: T; readonly text: (value: T) => readonly string[] },
): void {
  if (json) output.json(value);
  else output.lines(text(value));
}

/** For options that may be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number is expected.");
}

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `500ms`, `5s`, `2m`, `1h`, `7d` → milliseconds. */
export function durationMs(text: string): number {
  const match = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h|d)$/u.exec(text);
  const unitMs = unitsMs[match?.groups?.["unit"] ?? ""];
  if (unitMs !== undefined) return Math.round(Number(match?.groups?.["amount"]) * unitMs);
  throw new InvalidArgumentError("a duration such as 500ms, 5s or 2m is expected.");
}

/** `7d` ago, or an instant such as `2026-01-02T03:04:05Z` → ISO. */
export function instant(text: string, nowMs: number): string {
  if (/^\d{4}-\d\d-\d\d/u.test(text) && !Number.isNaN(Date.parse(text))) {
    return new Date(text).toISOString();
  }
  return new Date(nowMs - durationMs(text)).toISOString();
}

/** A document id as the rest of an address: slashes in keys are written out. */
export function idPath(id: string): string {
  const slash = id.indexOf("/");
  if (slash === -1) return encodeURIComponent(id);
  return `${encodeURIComponent(id.slice(0, slash))}/${encodeURIComponent(id.slice(slash + 1))}`;
}
