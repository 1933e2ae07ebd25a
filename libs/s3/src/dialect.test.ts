import * as fc from "fast-check";
import { decodeEventKey, isSequenced, type Dialect } from "./dialect.ts";

test.each<[Dialect, string]>([
  ["aws", "a b+c%.md"],
  ["minio", "a b+c%.md"],
  ["rustfs", "a b+c%.md"],
  ["moto", "a b+c%.md"],
  ["versitygw", "a+b%2Bc%25.md"],
  ["floci", "a+b%2Bc%25.md"],
])("%s spells a key as it does", (dialect, key) => {
  expect(decodeEventKey("a+b%2Bc%25.md", dialect)).toBe(key);
});

test("only AWS orders the writes of a key", () => {
  expect(isSequenced("aws")).toBe(true);
  expect((["minio", "rustfs", "versitygw", "floci", "moto"] as const).some(isSequenced)).toBe(
    false,
  );
});

test("every key comes back from how AWS spells it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (key) => {
      const spelt = new URLSearchParams([["", key]]).toString().slice(1);
      expect(decodeEventKey(spelt, "aws")).toBe(key);
    }),
  );
});

test("a key that is not spelt so is no key", () => {
  expect(decodeEventKey("100%", "aws")).toBeNull();
  expect(decodeEventKey("%FF", "aws")).toBeNull();
});
