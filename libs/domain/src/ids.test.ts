import {
  documentId,
  documentIdLengthMax,
  isSourceName,
  keyOf,
  sourceName,
  sourceOf,
} from "./ids.ts";

const files = sourceName("files");

test("a document's id tells its source and its key, slashes and all", () => {
  const id = documentId(files, "guide/a b/ü🌊.md");

  expect(id).toBe("files/guide/a b/ü🌊.md");
  expect(sourceOf(id)).toBe("files");
  expect(keyOf(id)).toBe("guide/a b/ü🌊.md");
});

test.each(["", "-a", "a/b", "a b", "ä", "x".repeat(65)])("%j is no name of a source", (name) => {
  expect(isSourceName(name)).toBe(false);
  expect(() => sourceName(name)).toThrow(RangeError);
});

test("a key that is empty or too long is refused", () => {
  const longest = documentIdLengthMax - "files/".length;

  expect(() => documentId(files, "")).toThrow(RangeError);
  expect(() => documentId(files, "k".repeat(longest + 1))).toThrow(RangeError);
  expect(documentId(files, "k".repeat(longest))).toHaveLength(documentIdLengthMax);
});
