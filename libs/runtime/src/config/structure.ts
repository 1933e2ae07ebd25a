/** Maps, lists and choices of the config file, with refusals a person can act on. */
import { z } from "zod";
import type { Refusal } from "./leaf.ts";

/** Carried by zod in the message of an unknown key. */
export interface KnownKeys {
  readonly known: readonly string[];
  /** Keys that others of its kind have, with why it has none. */
  readonly refused: Readonly<Record<string, Refusal>>;
}

/** A map whose keys are all known. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  refused: KnownKeys["refused"] = {},
) {
  const known: KnownKeys = { known: Object.keys(shape), refused };
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? JSON.stringify(known) : expected("a map of keys", shape),
  });
}

function expected(what: string, shape: z.ZodRawShape): string {
  const refusal: Refusal = {
    what: `{value} is not ${what}`,
    why: `its keys are ${Object.keys(shape).join(", ")}`,
    fix: "write its keys below it, indented, or take it away",
  };
  return JSON.stringify(refusal);
}

export function listOf<Item extends z.ZodType>(item: Item, example: string, lengthMax = 1000) {
  const refusal: Refusal = {
    what: "{value} is not a list",
    why: "several values may stand here",
    fix: `write ${example}`,
  };
  const tooLong: Refusal = {
    what: "the list is too long",
    why: `at most ${lengthMax} items are read`,
    fix: "write fewer, broader items",
  };
  return z
    .array(item, { error: () => JSON.stringify(refusal) })
    .max(lengthMax, { error: () => JSON.stringify(tooLong) });
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/u;

/** A map from names of the writer's choosing to values of one kind. */
export function named<Value extends z.ZodType>(value: Value, example: string) {
  return mapOf(value, namePattern, {
    what: "{key} is not a name",
    why: "ids and metrics carry it",
    fix: `use letters, digits, "-" and "_", 64 at most, such as ${example}`,
  });
}

export function mapOf<Value extends z.ZodType>(value: Value, keys: RegExp, refusal: Refusal) {
  const notMap: Refusal = {
    what: "{value} is not a map",
    why: "names with their values stand here",
    fix: "write its keys below it, indented, or take it away",
  };
  return z.record(z.string().regex(keys, { error: () => JSON.stringify(refusal) }), value, {
    error: (issue) => (issue.code === "invalid_type" ? JSON.stringify(notMap) : undefined),
  });
}

/** One of several shapes; the refusal is given when the value has the shape of none. */
export function either<const Options extends readonly [z.ZodType, ...z.ZodType[]]>(
  options: Options,
  refusal: Refusal,
) {
  return z.union(options, { error: () => JSON.stringify(refusal) });
}
