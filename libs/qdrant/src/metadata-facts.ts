/**
 * Metadata as an index can search it, whatever its fields are called: a fact is a short hash of a
 * field and a value, so that one keyword index answers every equality; numbers, and the beginnings
 * of strings as numbers, lie beside their field's name for ranges.
 */
import { createHash } from "node:crypto";
import type { Condition as FilterCondition, Filter, Metadata, Scalar } from "@tidemark/domain";
import { isOneOf, nothing, type Condition, type Range } from "./record-filter.ts";

export interface RangedValue {
  readonly field: string;
  readonly at: number;
}

export interface MetadataFacts {
  readonly facts: readonly string[];
  readonly ranges: readonly RangedValue[];
}

export function factsOf(metadata: Metadata): MetadataFacts {
  const facts = new Set<string>();
  const ranges: RangedValue[] = [];
  for (const [field, value] of Object.entries(metadata)) {
    facts.add(presence(field));
    for (const item of listOf(value)) {
      facts.add(fact(field, item));
      if (typeof item === "number") ranges.push({ field: numbersOf(field), at: item });
      if (typeof item === "string")
        ranges.push({ field: stringsOf(field), at: prefixNumber(item) });
    }
  }
  return { facts: [...facts], ranges };
}

/**
 * Conditions that every point of a matching document meets. Strings that differ late are taken for
 * equal in ranges: the manifest decides.
 */
export function conditionsOf(filter: Filter): readonly Condition[] {
  return Object.entries(filter).flatMap(([field, condition]) => meets(field, condition));
}

function meets(field: string, condition: FilterCondition): readonly Condition[] {
  if (isScalars(condition)) return [equals(field, listOf(condition))];
  const { not, ...bounds } = condition;
  const conditions: Condition[] = [];
  if (not !== undefined) conditions.push({ must_not: [equals(field, listOf(not))] });
  if (Object.values(bounds).some((bound) => bound !== undefined)) {
    conditions.push(isWithin(field, bounds));
  }
  return conditions;
}

/** A field that is absent is equal to null. */
function equals(field: string, values: readonly Scalar[]): Condition {
  if (values.length === 0) return nothing;
  const isFact = isOneOf(
    "copyFacts",
    values.map((value) => fact(field, value)),
  );
  if (!values.includes(null)) return isFact;
  const isAbsent: Condition = { must_not: [isOneOf("copyFacts", [presence(field)])] };
  return { should: [isFact, isAbsent] };
}

interface Bounds {
  readonly gte?: number | string | undefined;
  readonly gt?: number | string | undefined;
  readonly lte?: number | string | undefined;
  readonly lt?: number | string | undefined;
}

/** One value is to be within all bounds; none is beside a number and a string. */
function isWithin(field: string, bounds: Bounds): Condition {
  const given = Object.values(bounds).filter((bound) => bound !== undefined);
  const [first] = given;
  if (given.some((bound) => typeof bound !== typeof first)) return nothing;
  const [name, range] =
    typeof first === "string"
      ? [stringsOf(field), prefixRange(bounds)]
      : [numbersOf(field), bounds as Range];
  return {
    nested: {
      key: "copyRanges",
      filter: {
        must: [
          { key: "field", match: { value: name } },
          { key: "at", range },
        ],
      },
    },
  };
}

/** A prefix may be equal where the strings are not, so every bound is taken in. */
function prefixRange({ gte, gt, lte, lt }: Bounds): Range {
  const below = gte ?? gt;
  const above = lte ?? lt;
  return {
    ...(typeof below === "string" ? { gte: prefixNumber(below) } : {}),
    ...(typeof above === "string" ? { lte: prefixNumber(above) } : {}),
  };
}

const prefixUnits = 7;
const unitMax = 127;

/**
 * The first 7 UTF-16 units in 7 bits each: a smaller string never has a larger number. A unit that
 * does not fit ends the prefix, since what follows it would count without it.
 */
export function prefixNumber(text: string): number {
  let number = 0;
  let isCut = false;
  for (let at = 0; at < prefixUnits; at += 1) {
    const unit: number = isCut || at >= text.length ? 0 : Math.min(text.charCodeAt(at), unitMax);
    isCut ||= unit === unitMax;
    number = number * (unitMax + 1) + unit;
  }
  return number;
}

const factBytes = 12;

function fact(field: string, value: Scalar): string {
  return hash("fact", field, JSON.stringify(value));
}

function presence(field: string): string {
  return hash("present", field);
}

function hash(...parts: readonly string[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest();
  return digest.subarray(0, factBytes).toString("base64url");
}

function numbersOf(field: string): string {
  return `n:${field.toWellFormed()}`;
}

function stringsOf(field: string): string {
  return `s:${field.toWellFormed()}`;
}

function listOf(value: Scalar | readonly Scalar[]): readonly Scalar[] {
  return Array.isArray(value) ? value : [value as Scalar];
}

function isScalars(condition: FilterCondition): condition is Scalar | Scalar[] {
  return Array.isArray(condition) || typeof condition !== "object" || condition === null;
}
