import { defaultExclude, keyFilter } from "./key-filter.ts";

const markdown = keyFilter({ include: ["**/*.md"], exclude: [...defaultExclude, "drafts/**"] });

test.each([
  ["a.md", true],
  ["deep/er/a.md", true],
  ["two\nlines/a\nb.md", true],
  ["🦊 fox/#1 100%.md", true],
  ["back\\slash.md", true],
  ["a.txt", false],
  [".hidden.md", false],
  [".git/a.md", false],
  ["x/.obsidian/a.md", false],
  ["x/node_modules/y/a.md", false],
  ["drafts/a.md", false],
  ["drafts/x/a.md", false],
  ["old-drafts/a.md", true],
  ["a.md~", false],
  ["#a.md#", false],
  ["../a.md", false],
  ["x/../a.md", false],
  ["./a.md", false],
  ["/a.md", false],
  ["x//a.md", false],
  ["", false],
  ["a\0.md", false],
  ["\uD800.md", false],
])("%j is a document: %s", (key, expected) => {
  expect(markdown.includes(key)).toBe(expected);
});

test("editor temporaries and version control are left out whatever the configuration excludes", () => {
  const everything = keyFilter({ include: ["**"], exclude: [] });

  expect(everything.includes("notes/.a.md.swp")).toBe(false);
  expect(everything.includes("notes/.#a.md")).toBe(false);
  expect(everything.includes("x/.git/HEAD")).toBe(false);
  expect(everything.includes(".env.md")).toBe(true);
});

test("a directory is pruned exactly when nothing below it is a document", () => {
  expect(markdown.prunes("node_modules")).toBe(true);
  expect(markdown.prunes("a/.git")).toBe(true);
  expect(markdown.prunes("drafts")).toBe(true);
  expect(markdown.prunes("guide")).toBe(false);
});
