/**
 * Which keys of a bucket are documents. A document's key is the object's whole key, the prefix of
 * the configuration included, and any spelling that S3 takes is one: what a file system could not
 * hold (`a//b`, `..`) is only what it says.
 */
import { documentIdLengthMax } from "@tidemark/domain";
import picomatch from "picomatch";

const keyBytesMax = 1_024;
/** The pattern of everything: also of keys that no pattern of paths matches. */
const everything = "**";

export type KeyFilter = (key: string) => boolean;

/**
 *   key                                     outcome
 *   not below the prefix                    no document
 *   ends with `/`                           no document: it stands for a folder
 *   longer than S3 or an id allows          no document: there is no such object
 *   matches `exclude`, or not `include`     no document
 */
export function keyFilter(input: {
  readonly source: string;
  readonly prefix: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}): KeyFilter {
  const { exclude, include, prefix, source } = input;
  const included = matcherOf(include);
  const excluded = matcherOf(exclude);
  return (key) =>
    key.startsWith(prefix) &&
    !key.endsWith("/") &&
    key.length > 0 &&
    key.isWellFormed() &&
    Buffer.byteLength(key) <= keyBytesMax &&
    source.length + 1 + key.length <= documentIdLengthMax &&
    included(key) &&
    !excluded(key);
}

function matcherOf(patterns: readonly string[]): KeyFilter {
  if (patterns.includes(everything)) return () => true;
  if (patterns.length === 0) return () => false;
  // The flag lets a pattern match keys that hold a newline.
  return picomatch([...patterns], { dot: true, flags: "s", windows: false });
}
