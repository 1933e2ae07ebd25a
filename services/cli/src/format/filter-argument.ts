/** `--filter area=hr`, `--filter 'year>=2024'`, `--filter state!=closed` → a filter's conditions. */
import { CliError } from "../cli-error.ts";
import { exitCodes } from "@tidemark/runtime";

type Scalar = string | number | boolean | null;
type Range = Partial<Record<"gte" | "gt" | "lte" | "lt", Scalar>> & { not?: Scalar | Scalar[] };
export type FilterArguments = Readonly<Record<string, Scalar | Scalar[] | Range>>;

const operators = { ">=": "gte", "<=": "lte", ">": "gt", "<": "lt" } as const;

/** A field named twice with `=` may equal either. @throws CliError for what has no known form. */
export function filterOf(written: readonly string[]): FilterArguments {
  const filter: Record<string, Scalar | Scalar[] | Range> = Object.create(null) as {};
  for (const text of written) {
    const match = /^(?<field>[^=<>!]+)(?<operator>!=|>=|<=|=|>|<)(?<value>.*)$/su.exec(text);
    const { field, operator, value } = match?.groups ?? {};
    if (field === undefined || operator === undefined || value === undefined) {
      throw usage(text, "a filter is field=value, with = != > >= < or <=");
    }
    const scalar = scalarOf(value);
    const before = filter[field];
    if (operator === "=") {
      if (isRange(before)) throw usage(text, `${field} has a range already`);
      filter[field] = before === undefined ? scalar : [before, scalar].flat();
    } else {
      if (before !== undefined && !isRange(before))
        throw usage(text, `${field} has a value already`);
      filter[field] = { ...before, ...conditionOf(operator, scalar, before) };
    }
  }
  return { ...filter };
}

function conditionOf(operator: string, scalar: Scalar, before: Range | undefined): Range {
  if (operator !== "!=") return { [operators[operator as keyof typeof operators]]: scalar };
  return { not: before?.not === undefined ? scalar : [before.not, scalar].flat() };
}

/** Numbers, true, false and null are those; `"5"` in quotes is a text. */
function scalarOf(text: string): Scalar {
  if (!/^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null|".*")$/isu.test(text)) return text;
  try {
    return JSON.parse(text) as Scalar;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function isRange(value: Scalar | Scalar[] | Range | undefined): value is Range {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function usage(text: string, reason: string): CliError {
  return new CliError(exitCodes.usage, `--filter ${text}: ${reason}`);
}
