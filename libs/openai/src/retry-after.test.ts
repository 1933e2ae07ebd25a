import { retryAfterMs } from "./retry-after.ts";

const nowMs = Date.parse("2026-01-01T00:00:00Z");

test.each([
  [{}, null],
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }, 9000],
  [{ "retry-after": "Thu, 01 Jan 2025 00:00:00 GMT" }, 0],
  [{ "retry-after": "soon" }, null],
  [{ "retry-after": "99999999" }, 24 * 60 * 60 * 1000],
  [{ "retry-after-ms": "120", "retry-after": "7" }, 120],
])("%j asks to wait %j ms", (headers, expected) => {
  expect(retryAfterMs(new Headers(headers as Record<string, string>), nowMs)).toBe(expected);
});
