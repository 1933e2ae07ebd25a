/** One JSON log line → one short line for a person. */
import { stripVTControlCharacters } from "node:util";

const levelColors: Readonly<Record<string, number>> = { debug: 2, info: 36, warn: 33, error: 31 };

export interface HumanLineOptions {
  readonly colors: boolean;
  /** Fields that are the same in every line. */
  readonly hiddenInText?: readonly string[];
}

/** `12:04:31 warn  dead letter  documentId=files/a.md reason=size-limit`. */
export function humanLine(json: string, { colors, hiddenInText = [] }: HumanLineOptions): string {
  const { time, level, message, error, err, ...fields } = JSON.parse(json) as Record<
    string,
    unknown
  >;
  const paint = (code: number, text: string) => (colors ? `\u001B[${code}m${text}\u001B[0m` : text);
  const name = String(level);
  const facts = Object.entries(fields)
    .filter(([key]) => !hiddenInText.includes(key))
    .map(([key, value]) => `${paint(2, `${key}=`)}${shown(value)}`);
  const head = [
    paint(2, clock(String(time))),
    paint(levelColors[name] ?? 0, name.padEnd(5)),
    clean(String(message)),
  ].join(" ");
  return `${[head, facts.join(" ")].filter(Boolean).join("  ")}\n${errorLines(error ?? err)}`;
}

/** Local time, since it is read beside the clock on the wall. */
function clock(iso: string): string {
  const time = new Date(iso);
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function shown(value: unknown): string {
  if (typeof value === "string" && value !== "" && !/[\s"=]/u.test(value)) return clean(value);
  return clean(JSON.stringify(value) ?? "");
}

/** Names of files come from outside: they must not steer the terminal. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001F\u007F-\u009F]/gu, "\uFFFD");
}

function errorLines(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { stack, message } = error as { readonly stack?: unknown; readonly message?: unknown };
  const text = typeof stack === "string" ? stack : JSON.stringify(message ?? error);
  return text
    .split("\n")
    .map((line) => `         ${clean(line)}\n`)
    .join("");
}
