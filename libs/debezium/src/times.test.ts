import * as fc from "fast-check";
import {
  dateOfDays,
  durationOfMicros,
  durationOfText,
  timeOfMicros,
  timeOfText,
  timestampOfMicros,
} from "./times.ts";

test.each([
  [0, "1970-01-01"],
  [20_455, "2026-01-02"],
  [-1, "1969-12-31"],
  [2_146_033_979, "infinity"],
  [-2_147_483_648, "-infinity"],
])("day %i is %s", (days, date) => {
  expect(dateOfDays(days)).toBe(date);
});

test.each([
  [0n, "00:00:00"],
  [11_045_000_000n, "03:04:05"],
  [14_706_500_000n, "04:05:06.5"],
  [86_399_999_999n, "23:59:59.999999"],
])("%s microseconds are %s", (micros, time) => {
  expect(timeOfMicros(micros)).toBe(time);
});

test("a timestamp keeps every microsecond, before 1970 too", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 16n }), (micros) => {
      const [whole = "", fraction = ""] = timestampOfMicros(micros).split(".");

      const seconds = BigInt(Date.parse(`${whole}Z`)) / 1_000n;
      expect(seconds * 1_000_000n + BigInt(fraction.padEnd(6, "0"))).toBe(micros);
    }),
  );
});

test("the ends of what is counted are infinities", () => {
  expect(timestampOfMicros(-(2n ** 63n))).toBe("-infinity");
  expect(timestampOfMicros(2n ** 63n - 1n)).toBe("infinity");
});

test.each([
  ["2026-02-03T04:05:06.789000Z", true, "2026-02-03T04:05:06.789Z"],
  ["2026-02-03T04:05:06.789Z", false, "2026-02-03T04:05:06.789"],
  ["2026-02-03Z", false, "2026-02-03"],
  ["2026-02-03T04:05:00.000000Z", true, "2026-02-03T04:05:00Z"],
  ["04:05:06.5Z", false, "04:05:06.5"],
  ["03:04:05+01:00", true, "03:04:05+01:00"],
  ["-292275055-05-16T23:00:00Z", false, "-infinity"],
  ["+5877611-06-21Z", false, "infinity"],
  ["infinity", true, "infinity"],
])("%s, zoned %s, is %s", (text, zoned, time) => {
  expect(timeOfText(text, { zoned })).toBe(time);
});

test.each([
  ["P0Y0M1DT2H0M0S", "P1DT2H"],
  ["P0Y0M0DT2H0M0S", "PT2H"],
  ["P1Y2M3DT4H5M6.7S", "P1Y2M3DT4H5M6.7S"],
  ["P0Y0M0DT0H0M0S", "PT0S"],
  ["P0Y0M10DT0H0M0.5S", "P10DT0.5S"],
  ["P0Y-1M0DT0H-30M0S", "P-1MT-30M"],
])("the interval %s is %s", (text, duration) => {
  expect(durationOfText(text)).toBe(duration);
});

test.each([
  [93_600_000_000n, "P1DT2H"],
  [500_000n, "PT0.5S"],
  [0n, "PT0S"],
  [-90_000_000n, "PT-1M-30S"],
])("an interval of %s microseconds is %s", (micros, duration) => {
  expect(durationOfMicros(micros)).toBe(duration);
});
