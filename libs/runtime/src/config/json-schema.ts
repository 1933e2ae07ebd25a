/** The grammar as JSON Schema, for editors, for the reference and for what is secret. */
import { z } from "zod";
import type { Path } from "./problems.ts";
import { configSchema } from "./schema/config-schema.ts";

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** With our own keywords, which begin with `x-`: form, example, secret, path. */
export const annotatedSchema = z.toJSONSchema(configSchema, {
  io: "input",
  target: "draft-07",
}) as JsonSchema;

/** For editors: standard keywords alone. */
export function editorSchema(): JsonSchema {
  return withoutOurs(annotatedSchema) as JsonSchema;
}

function withoutOurs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOurs);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword]) => !keyword.startsWith("x-"))
      .map(([keyword, inner]) => [keyword, withoutOurs(inner)]),
  );
}

/** Says of a path whether a leaf there carries a mark such as `x-secret`. */
export function pathsMarked(
  mark: "x-secret" | "x-path",
  { above = 0 }: { readonly above?: number } = {},
): (path: Path) => boolean {
  const marked = new Set<string>();
  collect(annotatedSchema, [], mark, marked);
  const patterns = [...marked].map((text) => JSON.parse(text) as readonly string[]);
  return (path) =>
    patterns.some(
      (pattern) =>
        pattern.length === path.length + above &&
        path.every((key, index) => pattern[index] === "*" || pattern[index] === key),
    );
}

function collect(schema: JsonSchema, path: readonly string[], mark: string, into: Set<string>) {
  if (schema[mark] === true) into.add(JSON.stringify(path));
  for (const inner of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    collect(inner, path, mark, into);
  }
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    collect(inner, [...path, key], mark, into);
  }
  if (typeof schema.additionalProperties === "object") {
    collect(schema.additionalProperties, [...path, "*"], mark, into);
  }
  if (schema.items) collect(schema.items, [...path, "*"], mark, into);
}
