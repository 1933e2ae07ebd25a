import * as fc from "fast-check";
import { formatLsn, parseLsn } from "./lsn.ts";

test("an LSN is read as it was written", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (lsn) => {
      expect(parseLsn(formatLsn(lsn))).toBe(lsn);
    }),
  );
  expect(parseLsn("16/B374D848")).toBe(0x16b374d848);
});

test("LSNs are ordered as numbers, across the words that they are written in", () => {
  expect(parseLsn("1/0")).toBeGreaterThan(parseLsn("0/FFFFFFFF"));
  expect(parseLsn("A/0")).toBeGreaterThan(parseLsn("9/FFFFFFFF"));
});

test.each(["", "1", "1/", "/1", "G/0", "1/123456789", "200000/0"])("%j is refused", (text) => {
  expect(() => parseLsn(text)).toThrow(RangeError);
});
