import * as fc from "fast-check";
import { keyPrefixOf, rowKey, tableOfKey, textsOfKey } from "./document-key.ts";

/** Texts made of what could be mistaken for our own marks. */
const text = fc.string({ unit: fc.constantFrom("%", ",", "/", "2", "5", "C", "F", "a") });
const table = text.filter((name) => name !== "");

test("a key is the table's name and the row's key", () => {
  expect(rowKey("public.products", ["42"])).toBe("public.products/42");
  expect(rowKey("public.pages", ["https://a.test/b,c?d=%20"])).toBe(
    "public.pages/https://a.test/b,c?d=%20",
  );
  expect(rowKey("public.stock", ["7", "A,1"])).toBe("public.stock/7,A%2C1");
});

test("no two keys of a source are the same text, and each can be taken apart", () => {
  fc.assert(
    fc.property(table, fc.array(text, { minLength: 1, maxLength: 3 }), (name, texts) => {
      const key = rowKey(name, texts);

      expect(tableOfKey(key)).toBe(name);
      expect(textsOfKey(key, texts.length)).toEqual(texts);
      expect(key.startsWith(keyPrefixOf(name))).toBe(true);
    }),
  );
});

test("the key of no row has no table, and another number of columns is no key", () => {
  expect(tableOfKey("readme.md")).toBeNull();
  expect(textsOfKey("public.stock/7", 2)).toBeNull();
});
