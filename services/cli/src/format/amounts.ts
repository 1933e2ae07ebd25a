/** Numbers with their units, as a person reads them. */
const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `40` → `40 ms`; `400` → `0.4 s`; `90000` → `1.5 min`. */
export function duration(ms: number): string {
  if (ms < secondMs / 10) return `${Math.round(ms)} ms`;
  if (ms < minuteMs) return `${short(ms / secondMs)} s`;
  if (ms < hourMs) return `${short(ms / minuteMs)} min`;
  if (ms < dayMs) return `${short(ms / hourMs)} h`;
  return `${short(ms / dayMs)} days`;
}

/** A bound as it was configured: `60 s`, `15 min`. */
export function limit(ms: number): string {
  if (ms < 2 * minuteMs) return `${ms / secondMs} s`;
  return duration(ms).replace(".0 ", " ");
}

export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? amount : short(amount)} ${units[unit] ?? ""}`;
}

/** `318` and `1 chunk`; thousands apart. */
export function count(amount: number, noun: string, nouns = `${noun}s`): string {
  return `${figure(amount)} ${amount === 1 ? noun : nouns}`;
}

export function figure(amount: number): string {
  return amount.toLocaleString("en-US");
}

/** `0.99` → `99 %`; never rounded up to all of it. */
export function share(part: number): string {
  const percent = part * 100;
  const shown = Math.floor(percent * 100 + 1e-6) / 100;
  return `${Number(shown.toFixed(2))} %`;
}

export function price({
  amount,
  currency,
}: {
  readonly amount: number;
  readonly currency: string;
}): string {
  return `${amount < 0.01 && amount > 0 ? amount.toPrecision(2) : amount.toFixed(2)} ${currency}`;
}

/** The time of day in local time; with its date when that is not today's. */
export function moment(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const time = at.toTimeString().slice(0, 8);
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  const date = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join("-");
  return `${date} ${time}`;
}

export function ago(iso: string, nowMs: number): string {
  return `${duration(Math.max(0, nowMs - Date.parse(iso)))} ago`;
}

function short(amount: number): string {
  return amount < 9.95 ? amount.toFixed(1) : String(Math.round(amount));
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}
