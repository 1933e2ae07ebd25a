import * as fc from "fast-check";
import { Decimal, sameNumeral } from "./decimal.ts";

test.each([
  ["12.50", 12.5],
  ["0", 0],
  ["-0.001", -0.001],
  ["100000000000000000000000", 1e23],
  ["0.00000001", 1e-8],
  ["123456789012345678901234567890.123", "123456789012345678901234567890.123"],
  ["9007199254740993", "9007199254740993"],
  ["NaN", "NaN"],
  ["-Infinity", "-Infinity"],
])("%s is %j to a filter", (text, exact) => {
  expect(new Decimal(text).exact).toBe(exact);
});

test("what is given as a number is the very number that was written", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.nat(30), (unscaled, scale) => {
      const digits = String(unscaled)
        .replace("-", "")
        .padStart(scale + 1, "0");
      const at = digits.length - scale;
      const text = `${unscaled < 0n ? "-" : ""}${digits.slice(0, at)}${scale === 0 ? "" : `.${digits.slice(at)}`}`;
      const { exact } = new Decimal(text);

      expect(typeof exact === "string" ? exact === text : Number(text) === exact).toBe(true);
      expect(sameNumeral(text, `${text}${scale === 0 ? ".0" : "0"}`)).toBe(true);
    }),
  );
});

test("a text with leading zeros is no numeral", () => {
  expect(sameNumeral("042", "42")).toBe(false);
  expect(sameNumeral("-0.0", "0")).toBe(true);
  expect(sameNumeral("1e3", "1000")).toBe(false);
});
