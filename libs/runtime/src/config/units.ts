/**
 * How people write amounts in the config file, and what the code receives: milliseconds, bytes,
 * plain counts, and shares between 0 and 1. Every reader returns `undefined` for what it cannot
 * read.
 */
const millisecondsPer: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const bytesPer: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const countPer: Readonly<Record<string, number>> = { "": 1, k: 1000, M: 1000 ** 2, G: 1000 ** 3 };

const amount = String.raw`\d+(?:\.\d+)?`;
export const durationPattern = `^${amount} ?(?:ms|s|m|h|d)$`;
export const sizePattern = `^${amount} ?(?:B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$`;
export const countPattern = `^${amount}[kMG]?$`;
export const percentPattern = `^${amount} ?%$`;

/** `"15m"` → 900000. A duration of more than 10 years is taken for a slip. */
export function parseDurationMs(text: string): number | undefined {
  const durationMs = withUnit(text, durationPattern, millisecondsPer);
  const durationMsMax = 3650 * 86_400_000;
  return durationMs === undefined || durationMs > durationMsMax
    ? undefined
    : Math.round(durationMs);
}

/** `"8GiB"` → 8589934592. */
export function parseSizeBytes(text: string): number | undefined {
  const sizeBytes = withUnit(text, sizePattern, bytesPer);
  return sizeBytes === undefined ? undefined : whole(Math.round(sizeBytes));
}

/** `"1M"` → 1000000; `"1.5k"` → 1500; a count is whole. */
export function parseCount(text: string): number | undefined {
  const count = withUnit(text, countPattern, countPer);
  return count === undefined ? undefined : whole(Number(count.toFixed(6)));
}

/** `"99.9%"` → 0.999. */
export function parsePercent(text: string): number | undefined {
  if (!new RegExp(percentPattern, "u").test(text)) return undefined;
  const share = Number((Number.parseFloat(text) / 100).toFixed(12));
  return share <= 1 ? share : undefined;
}

function withUnit(
  text: string,
  pattern: string,
  factors: Readonly<Record<string, number>>,
): number | undefined {
  if (!new RegExp(pattern, "u").test(text)) return undefined;
  const unit = /[A-Za-z]*$/u.exec(text)?.[0] ?? "";
  const factor = factors[unit];
  return factor === undefined ? undefined : Number.parseFloat(text) * factor;
}

function whole(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}
