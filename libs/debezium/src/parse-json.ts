/** JSON in which no whole number loses a digit: those that a double cannot hold become bigints. */
export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

const whole = /^-?\d+$/u;

/** @throws SyntaxError */
export function parseJson(text: string): Json {
  return JSON.parse(text, lossless) as Json;
}

function lossless(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return whole.test(source) ? BigInt(source) : value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectAt(object: JsonObject, name: string): JsonObject | null {
  const value = object[name];
  return isObject(value) ? value : null;
}

export function textAt(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === "string" ? value : null;
}

export function numberAt(object: JsonObject, name: string): number | null {
  const value = object[name];
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : null;
}
