/** Everything a command says: results on stdout, the rest on stderr, colors on a terminal alone. */
import type { CliError } from "./cli-error.ts";
import type { Stream, Terminal } from "./terminal.ts";
import { printable } from "./format/printable.ts";

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Color = keyof typeof codes;
export type Paint = (color: Color, text: string) => string;

const widthDefault = 100;

export class Output {
  readonly #terminal: Terminal;
  readonly paint: Paint;
  /** Characters a line may have. */
  readonly width: number;

  constructor(terminal: Terminal, { colors = true } = {}) {
    this.#terminal = terminal;
    this.paint = painter(terminal, terminal.stdout, colors);
    this.width = terminal.stdout.isTTY ? terminal.stdout.columns : widthDefault;
  }

  get isTerminal(): boolean {
    return this.#terminal.stdout.isTTY;
  }

  line(text = ""): void {
    this.#terminal.stdout.write(`${text}\n`);
  }

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.line(lines.join("\n"));
  }

  /** One JSON document. */
  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  /** One JSON document a line, for what comes again and again. */
  jsonLine(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** Over the line before, on a terminal. */
  raw(text: string): void {
    this.#terminal.stdout.write(text);
  }

  note(text: string): void {
    this.#terminal.stderr.write(`${text}\n`);
  }

  /** The reason, what was wrong in detail, and what to do. */
  failure({ message, fix, details }: CliError): void {
    const paint = painter(this.#terminal, this.#terminal.stderr, true);
    this.note(`${paint("red", "tidemark:")} ${printable(message)}`);
    for (const detail of details) this.note(`  ${printable(detail)}`);
    if (fix !== null) this.note(`  ${paint("green", "fix:")} ${fix}`);
  }
}

/** NO_COLOR, when set to anything, means none. */
function painter({ environment }: Terminal, stream: Stream, wanted: boolean): Paint {
  const isColored = wanted && stream.isTTY && !environment["NO_COLOR"];
  return (color, text) => (isColored ? `\u001B[${codes[color]}m${text}\u001B[0m` : text);
}
