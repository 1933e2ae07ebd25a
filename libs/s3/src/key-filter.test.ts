import * as fc from "fast-check";
import { keyFilter } from "./key-filter.ts";

const filter = (options: Partial<Parameters<typeof keyFilter>[0]> = {}) =>
  keyFilter({ source: "uploads", prefix: "", include: ["**"], exclude: [], ...options });

test("the prefix is a part of the key, and patterns are over the whole key", () => {
  const includes = filter({ prefix: "kb/", include: ["kb/**/*.md"], exclude: ["kb/tmp/**"] });
  const keys = ["kb/a.md", "kb/b/c.md", "kb/a.pdf", "kb/tmp/a.md", "a.md", "kbx/a.md"];

  expect(keys.filter(includes)).toEqual(["kb/a.md", "kb/b/c.md"]);
});

test("what S3 takes for a key is one, whatever a file system would make of it", () => {
  const keys = [
    "a//b",
    "/a",
    "a/../b",
    "./a",
    " ",
    "a\nb.md",
    "\u0001",
    "100%.md",
    "🦊",
    ".hidden",
  ];

  expect(keys.filter(filter())).toEqual(keys);
});

test("patterns match hidden names, newlines and other scripts", () => {
  const keys = [".a/.b.md", "two\nlines.md", "潮/🦊.md"];

  expect(keys.filter(filter({ include: ["**/*.md"] }))).toEqual(keys);
});

test("what stands for a folder, or cannot be an object, is no document", () => {
  for (const key of ["", "a/", "a".repeat(1_025), "ü".repeat(513), "\uD800"]) {
    expect([key, filter()(key)]).toEqual([key, false]);
  }
  expect(filter()("a".repeat(1_024))).toBe(true);
});

test("with everything included, every key is a document that S3 can hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), (key) => {
      expect(filter()(key)).toBe(!key.endsWith("/"));
    }),
  );
});
