/**
 * Front matter: a YAML mapping between two lines of `---` at the very start of a file. It says who
 * may read the document, so what looks like it and cannot be read is an error, never ignored.
 */
import { PoisonError } from "@tidemark/pipeline";
import { LineCounter, parseDocument } from "yaml";
import { bomEncoding } from "./decode-text.ts";
import { mayHaveFrontMatter } from "./document-format.ts";
import { frontMatterFields } from "./front-matter-fields.ts";
import type { FrontMatter } from "./front-matter-fields.ts";
import { limitError } from "./limit-error.ts";

/** Front matter larger than this is refused: it is read on the main thread. */
export const frontMatterBytesMax = 64 * 1024;
/** A few aliases are a convenience, many are an attack. */
const aliasesMax = 100;

const OPENING = /^---[ \t]*\r?\n/u;
const FIELD = /^["']?[\w.-]+["']?[ \t]*:(?:\s|$)/u;

export interface ReadFrontMatterResult {
  /** As written, for rules to map. */
  readonly frontMatter: Readonly<Record<string, unknown>>;
  /** As Tidemark understands it. */
  readonly fields: FrontMatter;
  /** Where the body begins, in bytes from the start of the file. */
  readonly bodyOffset: number;
}

/**
 * The front matter of a file of Markdown or prose, by its name, or null when it has none. Cheap: the bytes may be the
 * first `frontMatterBytesMax` of a longer file, and nothing past the closing line is looked at.
 *
 * Throws `PoisonError("extraction-failed")` with the line when it is there and cannot be read, and
 * `PoisonError("size-limit")` when it does not end within the bound.
 */
export function readFrontMatter(bytes: Uint8Array, fileName: string): ReadFrontMatterResult | null {
  return mayHaveFrontMatter(fileName) ? parseFrontMatter(bytes) : null;
}

/** The same, whatever the file is called. */
export function parseFrontMatter(bytes: Uint8Array): ReadFrontMatterResult | null {
  const place = locate(bytes);
  if (place === null) return null;
  const frontMatter = parseYaml(place.yaml);
  return { frontMatter, fields: frontMatterFields(frontMatter), bodyOffset: place.bodyOffset };
}

/** Where the lines of `---` are. Each byte counts as a character until that is known. */
function locate(bytes: Uint8Array): { yaml: string; bodyOffset: number } | null {
  const encoding = bomEncoding(bytes);
  const wide = encoding === "utf-16le" || encoding === "utf-16be";
  const bomBytes = encoding === "utf-8" ? 3 : wide ? 2 : 0;
  const unitBytes = wide ? 2 : 1;
  const headBytes = bomBytes + frontMatterBytesMax * unitBytes;
  const head = new TextDecoder(wide ? encoding : "latin1").decode(
    bytes.subarray(bomBytes, headBytes),
  );
  const opening = OPENING.exec(head);
  if (opening === null) return null;
  const start = opening[0].length;
  const end = closingLine(head, start);
  if (end === null) {
    if (!FIELD.test(head.slice(start, start + 200))) return null;
    if (head.length >= frontMatterBytesMax) {
      throw limitError("size-limit", {
        what: "bytes of front matter",
        value: null,
        setting: "frontMatterBytesMax",
        max: frontMatterBytesMax,
      });
    }
    throw unreadable(1, "it is not closed by a line of ---");
  }
  const byte = (unit: number): number => bomBytes + unit * unitBytes;
  const yaml = new TextDecoder(wide ? encoding : "utf-8").decode(
    bytes.subarray(byte(start), byte(end.at)),
  );
  return { yaml, bodyOffset: byte(end.bodyAt) };
}

function closingLine(head: string, from: number): { at: number; bodyAt: number } | null {
  for (let at = from; at < head.length;) {
    const next = head.indexOf("\n", at);
    const lineEnd = next < 0 ? head.length : next;
    if (head.startsWith("---", at) && head.slice(at + 3, lineEnd).trim() === "") {
      return { at, bodyAt: Math.min(lineEnd + 1, head.length) };
    }
    at = lineEnd + 1;
  }
  return null;
}

function parseYaml(yaml: string): Readonly<Record<string, unknown>> {
  const lines = new LineCounter();
  const lineOf = (offset: number): number => lines.linePos(offset).line + 1;
  try {
    const document = parseDocument(yaml, {
      schema: "core",
      lineCounter: lines,
      logLevel: "error",
      prettyErrors: false,
      stringKeys: true,
    });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw unreadable(lineOf(problem.pos[0]), problem.message);
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    if (value === null || value === undefined) return {};
    if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
    throw unreadable(2, "it is not a mapping of names to values");
  } catch (error) {
    if (error instanceof PoisonError) throw error;
    // Too many aliases, or nesting past the stack.
    const reason = error instanceof RangeError ? "it is nested too deeply" : String(error);
    throw unreadable(2, reason, error);
  }
}

function unreadable(line: number, reason: string, cause?: unknown): PoisonError {
  return new PoisonError("extraction-failed", `front matter, line ${line}: ${reason}`, { cause });
}
