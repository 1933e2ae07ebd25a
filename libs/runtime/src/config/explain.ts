/** What zod found → problems with places, in the words of the person who wrote the file. */
import type { z } from "zod";
import type { Refusal } from "./leaf.ts";
import { locate, placeOfKey, type Located } from "./located.ts";
import { pathText, type Path, type Problem } from "./problems.ts";
import type { KnownKeys } from "./structure.ts";
import { suggest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

interface Asked {
  readonly tree: Located;
  readonly isSecret: (path: Path) => boolean;
  /** Whether one of the keys below is a secret: what stands in their place may be one. */
  readonly holdsSecret: (path: Path) => boolean;
}

export function explain(issues: readonly Issue[], asked: Asked): Problem[] {
  const flat = issues.flatMap((issue) => flatten(issue, []));
  const problems = flat.flatMap(({ issue, path }) => problemsOf(issue, path, asked));
  return withoutMisspelled(problems);
}

interface Flat {
  readonly issue: Issue;
  readonly path: Path;
}

/** Of a union, the shape that was meant speaks: the one whose outermost form is met. */
function flatten(issue: Issue, above: Path): Flat[] {
  const path = [...above, ...(issue.path as (string | number)[])];
  if (issue.code !== "invalid_union") return [{ issue, path }];
  const met = issue.errors.find((errors) => errors.every((inner) => !isMismatch(inner)));
  return met === undefined ? [{ issue, path }] : met.flatMap((inner) => flatten(inner, path));
}

function isMismatch(issue: Issue): boolean {
  if (issue.path.length > 0 || issue.code === "unrecognized_keys") return false;
  return issue.code === "invalid_type" || issue.message.includes("one value is expected here");
}

interface Found extends Problem {
  readonly meant?: string;
}

function problemsOf(issue: Issue, path: Path, asked: Asked): Found[] {
  const here = locate(asked.tree, path);
  if (here?.kind === "scalar" && here.unresolved) return [];
  if (issue.code === "unrecognized_keys") {
    const keys = JSON.parse(issue.message) as KnownKeys;
    return issue.keys.map((key) => unknownKey([...path, key], keys, asked.tree));
  }
  const refusal = refusalOf(issue, here);
  const at =
    here === undefined || issue.code === "invalid_key" ? placeOfKey(asked.tree, path) : here.at;
  const mayBeSecret = here?.kind === "scalar" && asked.holdsSecret(path);
  const shown = asked.isSecret(path) ? "the secret" : mayBeSecret ? "what stands here" : show(here);
  const key = JSON.stringify(String(path.at(-1) ?? ""));
  const fill = (text: string) => text.replaceAll("{value}", shown).replaceAll("{key}", key);
  const { what, why, fix } = refusal;
  return [{ ...at, path: pathText(path), what: fill(what), why, fix, severity: "error" }];
}

function refusalOf(issue: Issue, here: Located | undefined): Refusal {
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    return kindRefusal(issue, here);
  }
  if (here === undefined) {
    const said = parseRefusal(issue.message);
    if (said?.what === "is missing") return said;
    return { what: "is missing", why: "it has no default", fix: said?.fix ?? "add it" };
  }
  const inner = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  const said = parseRefusal(inner ?? issue.message);
  if (here.kind === "scalar" && here.value === null && said?.what !== "has no value") {
    return {
      what: "has no value",
      why: "an empty value is not a default",
      fix: "write its value, or take the key away",
    };
  }
  return (
    said ?? {
      what: "{value} is not a map of keys",
      why: "keys with their values stand here",
      fix: "write its keys below it, indented",
    }
  );
}

function kindRefusal(
  issue: Extract<Issue, { code: "invalid_union" }>,
  here: Located | undefined,
): Refusal {
  const choices = ("options" in issue ? (issue.options ?? []) : []).map(String);
  const listed = choices.join(", ");
  const near = here?.kind === "scalar" ? suggest(String(here.value), choices) : undefined;
  return {
    what: here === undefined ? "is missing" : "{value} is not a known kind",
    why: `kinds are ${listed}`,
    fix:
      near === undefined
        ? `add kind: ${choices[0] ?? ""}, or another of them`
        : `did you mean ${near}?`,
  };
}

function parseRefusal(message: string): Refusal | undefined {
  return message.startsWith("{") ? (JSON.parse(message) as Refusal) : undefined;
}

function unknownKey(path: Path, { known, refused }: KnownKeys, tree: Located): Found {
  const key = String(path.at(-1));
  const refusal = Object.hasOwn(refused, key) ? refused[key] : undefined;
  if (refusal) {
    return { ...placeOfKey(tree, path), path: pathText(path), ...refusal, severity: "error" };
  }
  const near = suggest(key, known);
  return {
    ...placeOfKey(tree, path),
    path: pathText(path),
    what: `${JSON.stringify(key)} is not a known key`,
    why: `known here are ${known.join(", ")}`,
    fix: near === undefined ? "take it away" : `did you mean ${near}?`,
    severity: "error",
    ...(near === undefined ? {} : { meant: pathText([...path.slice(0, -1), near]) }),
  };
}

/** A misspelled key is told once: what it was meant to be is not reported missing as well. */
function withoutMisspelled(found: readonly Found[]): Problem[] {
  const meant = new Set(found.map((problem) => problem.meant));
  return found
    .filter((problem) => problem.what !== "is missing" || !meant.has(problem.path))
    .map(({ meant: _meant, ...problem }) => problem);
}

const shownLengthMax = 60;
const passwordInUrl = /(?<before>:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gu;

function show(located: Located | undefined): string {
  if (located === undefined) return "it";
  if (located.kind !== "scalar") return `a ${located.kind}`;
  if (located.reference !== undefined) return `the value of ${located.reference}`;
  const text = JSON.stringify(located.value).replaceAll(passwordInUrl, "$<before>***");
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}…"`;
}
