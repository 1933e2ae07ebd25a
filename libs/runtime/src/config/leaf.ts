/**
 * A leaf of the config file: one scalar that becomes one typed value. Zod carries messages as text
 * alone, so what a leaf refuses travels through it as JSON and is read back by `explain.ts`.
 */
import { z } from "zod";

/** What is wrong, why it matters, what to write. `{value}` stands for the value as it may be shown. */
export interface Refusal {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** Facts of a leaf besides its value: JSON Schema keywords, and ours behind `x-`. */
export interface LeafFacts {
  /** One sentence for the reference and for editors. */
  readonly about?: string;
  /** As a person would write it. */
  readonly example: string;
  /** The name of the form in the reference, such as `duration`. */
  readonly form: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly secret?: true;
  readonly path?: true;
}

class Refused {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** What a leaf's reader returns instead of a value. */
export function refuse(refusal: Refusal): Refused {
  return new Refused(refusal);
}

const referenceSchema = { type: "string", pattern: String.raw`\$\{(env|file):[^}]+\}` };

/** A schema that turns what was written into a typed value, or says why not. */
export function leaf<T>(
  facts: LeafFacts,
  read: (written: string | number | boolean) => T | Refused,
): z.ZodType<T> {
  const meta = {
    anyOf: [facts.schema, referenceSchema],
    ...(facts.about ? { description: facts.about } : {}),
    "x-form": facts.form,
    "x-example": facts.example,
    ...(facts.secret === undefined ? {} : { "x-secret": true }),
    ...(facts.path === undefined ? {} : { "x-path": true }),
  };
  return z
    .any()
    .meta(meta)
    .transform((written: unknown, context): T => {
      const result = readScalar(facts, written, read);
      if (!(result instanceof Refused)) return result;
      context.addIssue({ code: "custom", message: JSON.stringify(result.refusal) });
      return z.NEVER;
    });
}

function readScalar<T>(
  facts: LeafFacts,
  written: unknown,
  read: (written: string | number | boolean) => T | Refused,
): T | Refused {
  if (written === undefined) {
    return refuse({
      what: "is missing",
      why: "it has no default",
      fix: `add it, such as ${facts.example}`,
    });
  }
  if (written === null) {
    return refuse({
      what: "has no value",
      why: "an empty value is not a default",
      fix: `write ${facts.example}, or take the key away`,
    });
  }
  if (typeof written === "string" || typeof written === "number" || typeof written === "boolean") {
    return read(written);
  }
  return refuse({
    what: `{value} is not a ${facts.form}`,
    why: "one value is expected here",
    fix: `write ${facts.example}`,
  });
}
