/**
 * The cheap state of an object, equal whether it was listed or read. In two parts: what the
 * configuration makes of it, and what the bucket says. Only a change of the second is an event's to
 * tell.
 */
import { createHash } from "node:crypto";
import type { ObjectFacts } from "./bucket.ts";
import type { UsedTags } from "./object-policy.ts";

/** Raised when the same object and rules would be read as another document than before. */
const digestVersion = 1;
const stateLength = 24;

/** Never the digest of a state that was read: the object is read again, and says why. */
export const unreadableDigest = "unreadable";

/**
 * User metadata is not listed, and a copy of an object onto itself can change it and keep the ETag;
 * but every write sets the time of modification, which is listed.
 */
export function objectDigest(input: {
  readonly facts: ObjectFacts;
  readonly tags: UsedTags;
  readonly rules: string;
  readonly isTooLarge: boolean;
}): string {
  const { facts, isTooLarge, rules, tags } = input;
  const { etag, isRestored, modifiedAtS, sizeBytes, storageClass } = facts;
  const state = [etag, sizeBytes, modifiedAtS, storageClass, isRestored, tags];
  const hash = createHash("sha256").update(JSON.stringify(state)).digest("hex");
  return `${digestVersion}${rules}${isTooLarge ? "+" : "-"}${hash.slice(0, stateLength)}`;
}

/** Whether the object itself differs, and not only what is made of it. */
export function isObjectChanged(before: string | null, now: string | null): boolean {
  if (before === null || now === null) return before !== now;
  if (before === unreadableDigest || now === unreadableDigest) return false;
  return before.slice(-stateLength) !== now.slice(-stateLength);
}
