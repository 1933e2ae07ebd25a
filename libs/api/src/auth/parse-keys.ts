/** The keys file: one JSON object a line, or one JSON list. Empty lines and `#` are skipped. */
import type { z } from "zod";
import { keyRecordSchema, type KeyRecord } from "./key-record.ts";

const keysMax = 10_000;

/** @throws RangeError naming every line that cannot be read; never a key or a hash. */
export function parseKeys(text: string): readonly KeyRecord[] {
  const problems: string[] = [];
  const records: KeyRecord[] = [];
  for (const { where, value } of entriesOf(text, problems)) {
    const parsed = keyRecordSchema.safeParse(value);
    if (parsed.success) records.push(parsed.data);
    else for (const issue of parsed.error.issues) problems.push(told(where, issue));
  }
  for (const field of ["name", "hash"] as const) {
    for (const name of repeated(records, field)) problems.push(`${name}: its ${field} is repeated`);
  }
  if (records.length > keysMax) problems.push(`more than ${keysMax} keys`);
  if (problems.length > 0) throw new RangeError(`keys: ${problems.join("; ")}`);
  return records;
}

interface Entry {
  readonly where: string;
  readonly value: unknown;
}

function entriesOf(text: string, problems: string[]): readonly Entry[] {
  if (text.trimStart().startsWith("[")) {
    const list = parseJson(text);
    if (Array.isArray(list)) {
      return list.map((value: unknown, index) => ({ where: `entry ${index + 1}`, value }));
    }
    problems.push("the list is not JSON");
    return [];
  }
  return text.split(/\r?\n/u).flatMap((line, index) => {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) return [];
    const where = `line ${index + 1}`;
    const value = parseJson(written);
    if (value !== undefined) return [{ where, value }];
    problems.push(`${where} is not JSON`);
    return [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function told(where: string, issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".");
  // Names of fields are as foreign as their values: a key may have been pasted there.
  const wrong = issue.code === "unrecognized_keys" ? "a field is not known" : issue.message;
  return `${where}${path === "" ? "" : ` ${path}`}: ${wrong}`;
}

function repeated(records: readonly KeyRecord[], field: "name" | "hash"): readonly string[] {
  const seen = new Set<string>();
  return records.flatMap((record) => {
    const again = seen.has(record[field]);
    seen.add(record[field]);
    return again ? [record.name] : [];
  });
}
