import type { ObjectFacts } from "./bucket.ts";
import { isObjectChanged, objectDigest, unreadableDigest } from "./object-digest.ts";

const facts: ObjectFacts = {
  etag: "e1",
  sizeBytes: 5,
  modifiedAtS: 1_000,
  storageClass: "STANDARD",
  isRestored: false,
};
const digest = (change: Partial<Parameters<typeof objectDigest>[0]> = {}) =>
  objectDigest({ facts, tags: [], rules: "12345678", isTooLarge: false, ...change });

test.each<[string, Partial<Parameters<typeof objectDigest>[0]>]>([
  ["content", { facts: { ...facts, etag: "e2" } }],
  ["size", { facts: { ...facts, sizeBytes: 6 } }],
  ["write", { facts: { ...facts, modifiedAtS: 1_001 } }],
  ["storage class", { facts: { ...facts, storageClass: "GLACIER" } }],
  ["restored copy", { facts: { ...facts, isRestored: true } }],
  ["tag", { tags: [["readers", "public"]] }],
])("another %s is another state, and an event's to tell", (_name, change) => {
  expect(isObjectChanged(digest(), digest(change))).toBe(true);
});

test.each<[string, Partial<Parameters<typeof objectDigest>[0]>]>([
  ["rules", { rules: "87654321" }],
  ["a limit", { isTooLarge: true }],
])("other %s are another state, and no event's to tell", (_name, change) => {
  expect(digest(change)).not.toBe(digest());
  expect(isObjectChanged(digest(), digest(change))).toBe(false);
});

test("an object that came or went is changed; one that cannot be looked at is not", () => {
  expect(isObjectChanged(null, digest())).toBe(true);
  expect(isObjectChanged(digest(), null)).toBe(true);
  expect(isObjectChanged(digest(), unreadableDigest)).toBe(false);
});
