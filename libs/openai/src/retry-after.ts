/** A day: more than that is a mistake of the server. */
const waitMsMax = 24 * 60 * 60 * 1000;

/** `Retry-After` is seconds or a date; some servers send milliseconds beside it. Null when none. */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const exact = headers.get("retry-after-ms");
  const written = headers.get("retry-after");
  const waitMs =
    exact !== null && /^\d+(\.\d+)?$/u.test(exact.trim())
      ? Number(exact)
      : written === null
        ? null
        : waitOf(written.trim(), nowMs);
  return waitMs === null ? null : Math.min(waitMsMax, Math.max(0, Math.ceil(waitMs)));
}

function waitOf(written: string, nowMs: number): number | null {
  if (/^\d+(\.\d+)?$/u.test(written)) return Number(written) * 1000;
  const atMs = Date.parse(written);
  return Number.isNaN(atMs) ? null : atMs - nowMs;
}
