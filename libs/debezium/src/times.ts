/** Times as Debezium counts them → times as a row has them, to the last microsecond. */
const dayMs = 86_400_000;
const dayMicros = 86_400_000_000n;
/** The last day that Postgres knows, in 5874897, and the first, in 4714 BC, counted from 1970. */
const lastDay = 2_145_031_948;
const firstDay = -2_440_588;
/** The most that 64 bits count. */
const lastMicros = 2n ** 63n - 1n;
/** The ends of a JavaScript date. */
const dateDaysMax = 100_000_000;

/** `2026-01-02`; a day past all that Postgres knows is `infinity`. */
export function dateOfDays(days: number): string {
  if (days > lastDay) return "infinity";
  if (days < firstDay) return "-infinity";
  if (Math.abs(days) > dateDaysMax) return `day ${days}`;
  return new Date(days * dayMs).toISOString().split("T")[0] ?? "";
}

/** `03:04:05.5` */
export function timeOfMicros(micros: bigint): string {
  const [fraction, seconds] = [micros % 1_000_000n, micros / 1_000_000n];
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  return withoutZeros(`${parts.map(twoDigits).join(":")}.${String(fraction).padStart(6, "0")}`);
}

/** `2026-01-02T03:04:05.678901`; past all that Postgres knows is `infinity`. */
export function timestampOfMicros(micros: bigint): string {
  if (micros >= lastMicros) return "infinity";
  const ofDay = ((micros % dayMicros) + dayMicros) % dayMicros;
  const day = dateOfDays(Number((micros - ofDay) / dayMicros));
  return day.endsWith("infinity") ? day : `${day}T${timeOfMicros(ofDay)}`;
}

/** An ISO 8601 time, without what says nothing: trailing zeros, and a zone that the column lacks. */
export function timeOfText(text: string, { zoned }: { readonly zoned: boolean }): string {
  const year = Number(/^[+-]\d{5,}/u.exec(text)?.[0] ?? 0);
  if (year > 294_276 || year < -4_800) return year > 0 ? "infinity" : "-infinity";
  return withoutZeros(zoned ? text : text.replace(/Z$/u, ""));
}

/** `P0Y0M1DT2H0M0S` → `P1DT2H` */
export function durationOfText(text: string): string {
  const [days = "", times = ""] = text
    .split("T")
    .map((part) => part.replaceAll(/-?\b0[YMDHS]/gu, ""));
  const date = days.replaceAll(/(?<=[PYMD])-?0[YMD]/gu, "");
  const time = times.replaceAll(/(?<=^|[HM])-?0(?:\.0+)?[HMS]/gu, "");
  return date === "P" && time === "" ? "PT0S" : `${date}${time === "" ? "" : `T${time}`}`;
}

/** Months are counted by Debezium as so many days, which cannot be undone. */
export function durationOfMicros(micros: bigint): string {
  if (micros < 0n) return durationOfMicros(-micros).replaceAll(/\d+(?:\.\d+)?/gu, "-$&");
  const [days, ofDay] = [micros / dayMicros, micros % dayMicros];
  const [hours = "", minutes = "", seconds = ""] = timeOfMicros(ofDay).split(":");
  const time = [`${Number(hours)}H`, `${Number(minutes)}M`, `${Number(seconds)}S`]
    .filter((part) => !/^0[HMS]$/u.test(part))
    .join("");
  if (days === 0n && time === "") return "PT0S";
  return `P${days === 0n ? "" : `${days}D`}${time === "" ? "" : `T${time}`}`;
}

function withoutZeros(text: string): string {
  return text.replace(/(?<=\.\d*)0+(?=\D*$)/u, "").replace(/\.(?=\D*$)/u, "");
}

function twoDigits(value: bigint): string {
  return String(value).padStart(2, "0");
}
