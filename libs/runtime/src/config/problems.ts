import { exitCodes } from "../exit-codes.ts";

/** Where in which file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing to change in a config file. */
export interface Problem extends Place {
  /** Keys from the top, such as `sources.handbook.scan`; empty for the file itself. */
  readonly path: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly severity: "error" | "warning";
  /** The reference that could not be resolved, such as `${env:KEY}`. */
  readonly unresolved?: string;
}

/** The config cannot be used; all that is wrong with it is in `problems`, warnings included. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly exitCode = exitCodes.config;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** One line a problem, `file:line:column  path  what  why  fix`, and a last line that counts. */
export function formatProblems(
  problems: readonly Problem[],
  { colors = false }: { readonly colors?: boolean } = {},
): string {
  const paint = (code: number, text: string) => (colors ? `\u001B[${code}m${text}\u001B[0m` : text);
  const lines = problems.map((problem) => {
    const place = `${problem.file}:${problem.line}:${problem.column}`;
    const severity = problem.severity === "error" ? paint(31, "error") : paint(33, "warning");
    const told = [problem.path, problem.what, problem.why, problem.fix].filter(
      (part) => part !== "",
    );
    return [paint(2, place), severity, ...told].join("  ");
  });
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  const counted = [counting(errors, "error"), counting(warnings, "warning")].filter(Boolean);
  const unresolved = new Set(problems.flatMap(({ unresolved: reference }) => reference ?? []));
  if (unresolved.size > 0) lines.push(`not resolved: ${[...unresolved].join(", ")}`);
  return [...lines, counted.join(", ")].filter(Boolean).join("\n");
}

function counting(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export type Path = readonly (string | number)[];

/** `["sources", "a", "rules", 0]` → `sources.a.rules[0]`; unusual keys are quoted. */
export function pathText(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[\w$-]+$/u.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}
