/**
 * Which keys are documents. Patterns are compared with the whole key and are never the user's
 * operating system's: `/` separates, upper and lower case differ, hidden names match like others.
 */
import picomatch from "picomatch";

/** Left out unless the configuration says otherwise: what is hidden, and what was installed. */
export const defaultExclude = ["**/.*", "**/node_modules/**"] as const;

/** Always left out: half-written copies that editors and file managers put beside a document. */
export const temporaryPatterns = [
  "**/*.swp",
  "**/*.swx",
  "**/*~",
  "**/.#*",
  "**/#*#",
  "**/.DS_Store",
  "**/.git/**",
] as const;

export const pathSegmentsMax = 256;

export interface KeyFilter {
  /** Whether the key is a document's. */
  includes(key: string): boolean;
  /** Whether nothing below a directory can be a document. */
  prunes(directoryKey: string): boolean;
}

export type KeyMatcher = (key: string) => boolean;

/** Matches a key against any of the patterns; with none, nothing matches. */
export function matcherOf(patterns: readonly string[]): KeyMatcher {
  if (patterns.length === 0) return () => false;
  // The flag lets a pattern match names that hold a newline.
  return picomatch([...patterns], { dot: true, flags: "s", windows: false });
}

/**
 * A directory that matches `exclude` is left out with all below it; `exclude` wins over `include`.
 *
 *   key                          outcome
 *   not relative, `..`, empty    no document
 *   it or a parent excluded      no document
 *   matches `include`            a document
 */
export function keyFilter(input: {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}): KeyFilter {
  const included = matcherOf(input.include);
  const excluded = matcherOf([...input.exclude, ...temporaryPatterns]);
  return {
    includes: (key) =>
      isRelativeKey(key) && included(key) && !excluded(key) && !parentsOf(key).some(excluded),
    prunes: excluded,
  };
}

/** A key names a file below the root and has one spelling only. */
export function isRelativeKey(key: string): boolean {
  if (key.length === 0 || key.includes("\0") || !key.isWellFormed()) return false;
  const segments = key.split("/");
  return (
    segments.length <= pathSegmentsMax &&
    segments.every((segment) => segment !== "" && segment !== "." && segment !== "..")
  );
}

function parentsOf(key: string): string[] {
  const parents: string[] = [];
  for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
    parents.push(key.slice(0, slash));
  }
  return parents;
}
