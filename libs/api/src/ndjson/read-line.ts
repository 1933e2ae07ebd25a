/** One line of a bulk write → a document to put, or what is wrong with the line. */
import { isUtf8 } from "node:buffer";
import type { SourceName } from "@tidemark/domain";
import { RequestError, type PushedDocument } from "@tidemark/pipeline";
import type { Rights } from "../auth/rights.ts";
import { addressOf } from "../document-address.ts";
import { faultOf, schemaErrors, type Fault } from "../problem.ts";
import { lineSchema, pushedOf } from "../wire/document-body.ts";
import type { Line } from "./lines.ts";

export type ReadLine =
  | { readonly kind: "blank" }
  | { readonly kind: "document"; readonly document: PushedDocument; readonly bytes: number }
  | { readonly kind: "faulty"; readonly key: string | null; readonly fault: Fault };

export function readLine(
  line: Line,
  { source, rights }: { readonly source: SourceName; readonly rights: Rights },
): ReadLine {
  if ("tooLong" in line) return faulty(null, 413, "line-too-long", "the line is too long");
  const value = parse(line.bytes);
  if (value === blank) return { kind: "blank" };
  if (value === unreadable) return faulty(null, 400, "invalid-json", "the line is not JSON");
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    const fault = faultOf(new RequestError(400, "invalid-request", "the line is not valid"));
    return {
      kind: "faulty",
      key: keyIn(value),
      fault: { ...fault, errors: schemaErrors(parsed.error) },
    };
  }
  const { key, ...body } = parsed.data;
  try {
    addressOf(source, key);
    const document = pushedOf(key, body, rights);
    return { kind: "document", document, bytes: line.bytes.length };
  } catch (error) {
    if (error instanceof RequestError) return { kind: "faulty", key, fault: faultOf(error) };
    throw error;
  }
}

const blank = Symbol("blank");
const unreadable = Symbol("unreadable");

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return unreadable;
  const text = bytes.toString().trim();
  if (text === "") return blank;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable;
    throw error;
  }
}

function keyIn(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("key" in value)) return null;
  return typeof value.key === "string" ? value.key : null;
}

function faulty(key: string | null, status: number, code: string, detail: string): ReadLine {
  return { kind: "faulty", key, fault: faultOf(new RequestError(status, code, detail)) };
}
