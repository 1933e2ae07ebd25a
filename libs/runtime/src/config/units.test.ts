import { assert, property, string } from "fast-check";
import { isCron } from "./cron.ts";
import { editDistance, suggest } from "./suggest.ts";
import { parseCount, parseDurationMs, parsePercent, parseSizeBytes } from "./units.ts";

test.each([
  ["5s", 5000],
  ["500ms", 500],
  ["1.5h", 5_400_000],
  ["30 d", 2_592_000_000],
  ["5", undefined],
  ["5 minutes", undefined],
  ["-5s", undefined],
  ["1e3s", undefined],
  ["99999d", undefined],
])("the duration %s is %s ms", (text, durationMs) => {
  expect(parseDurationMs(text)).toBe(durationMs);
});

test.each([
  ["8GiB", 8_589_934_592],
  ["10MB", 10_000_000],
  ["1.5KiB", 1536],
  ["8G", undefined],
  ["99999999TiB", undefined],
])("the size %s is %s bytes", (text, sizeBytes) => {
  expect(parseSizeBytes(text)).toBe(sizeBytes);
});

test.each([
  ["1M", 1_000_000],
  ["1.5k", 1500],
  ["2.3M", 2_300_000],
  ["1.2345k", undefined],
  ["1m", undefined],
])("the count %s is %s", (text, count) => {
  expect(parseCount(text)).toBe(count);
});

test.each([
  ["99.9%", 0.999],
  ["10 %", 0.1],
  ["100%", 1],
  ["101%", undefined],
])("the share %s is %s", (text, share) => {
  expect(parsePercent(text)).toBe(share);
});

test.each([
  ["0 3 * * *", true],
  ["*/15 0-6 1,15 jan-mar mon", true],
  ["0 3 * *", false],
  ["60 3 * * *", false],
  ["0 3 0 * *", false],
  ["*/0 * * * *", false],
  ["0 6-3 * * *", false],
  ["@daily", false],
])("whether %s is a schedule: %s", (text, expected) => {
  expect(isCron(text)).toBe(expected);
});

test("a slip of the hand finds the word that was meant, and noise finds none", () => {
  expect(suggest("suorces", ["sources", "server"])).toBe("sources");
  expect(suggest("Path", ["path"])).toBe("path");
  expect(suggest("telemetry", ["sources", "server"])).toBeUndefined();
});

test("the distance is the same both ways and zero for equal texts alone", () => {
  assert(
    property(string({ maxLength: 12 }), string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
