import { Decimal, type RowValue } from "@tidemark/rows";
import * as fc from "fast-check";
import { rowValue, type ColumnTypes } from "./row-values.ts";

/** int8[], text[], numeric[], a domain over int8. */
const types: ColumnTypes = new Map([
  [1016, { element: 20, base: 0 }],
  [1009, { element: 25, base: 0 }],
  [1231, { element: 1700, base: 0 }],
  [90_001, { element: 0, base: 20 }],
]);

test.each<[string, number, string | null, RowValue]>([
  ["null", 25, null, null],
  ["a boolean", 16, "t", true],
  ["an integer", 23, "-42", -42],
  ["a bigint past 2^53", 20, "9007199254740993", 9007199254740993n],
  [
    "a numeral of any precision",
    1700,
    "123456789012345678901234567890.123",
    new Decimal("123456789012345678901234567890.123"),
  ],
  ["a float", 701, "0.1", 0.1],
  ["a float that is none", 701, "NaN", "NaN"],
  ["an infinite float", 701, "-Infinity", "-Infinity"],
  [
    "a time to the microsecond",
    1184,
    "2026-01-02 03:04:05.678901+00",
    "2026-01-02T03:04:05.678901Z",
  ],
  ["a local time", 1114, "2026-01-02 03:04:05.678901", "2026-01-02T03:04:05.678901"],
  ["the end of time", 1184, "infinity", "infinity"],
  ["json", 3802, '{"a": 1.10}', '{"a": 1.10}'],
  ["bytes", 17, "\\x0a0b", "\\x0a0b"],
  ["a list", 1009, '{a,"b, c",NULL,"NULL"}', ["a", "b, c", null, "NULL"]],
  ["an empty list", 1009, "{}", []],
  ["a list of bigints", 1016, "{9007199254740993,1}", [9007199254740993n, 1n]],
  [
    "a list of lists",
    1009,
    "{{a,b},{c,d}}",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["a list that begins elsewhere", 1009, "[0:1]={a,b}", ["a", "b"]],
  ["a domain", 90_001, "9007199254740993", 9007199254740993n],
  ["a type that nobody knows", 99_999, "(1,2)", "(1,2)"],
])("%s is kept as it is", (_, oid, text, value) => {
  expect(rowValue(types, oid, text)).toEqual(value);
});

test("integers and numerals come back as they were written", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(rowValue(types, 20, String(value))).toBe(value);
      expect(rowValue(types, 1700, `${value}.5`)).toEqual(new Decimal(`${value}.5`));
    }),
  );
});
