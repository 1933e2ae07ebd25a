/**
 * A month of changes that were all in time, one after another at even times, and then a stall: what
 * was made before its end is late when its target has passed. As promtool reads series.
 */
export interface Month {
  readonly perMinute: number;
  /** In minutes; it lasts until the series end. */
  readonly stalled: number;
}

const targetMinutes = 1;
/** The month before is sampled this seldom: no short window reaches it. */
const sparseMinutes = 120;
/** What the windows of a page reach is sampled every minute. */
const denseMinutes = 7 * 60;
/** Looking seldom is enough for a month, as long as it is done at its end. */
export const lookEvery = "60m";
export const endMinutes = 30 * 24 * 60 + 60;

/** Of `tidemark_changes_total` and `tidemark_changes_late_total`, a minute apart. */
export function monthThenStall({ perMinute, stalled }: Month): {
  readonly all: string;
  readonly late: string;
} {
  const began = endMinutes - stalled;
  const dense =
    endMinutes - (endMinutes % sparseMinutes) - denseMinutes + (denseMinutes % sparseMinutes);
  const late = (minute: number) => perMinute * Math.max(0, minute - began - targetMinutes);
  // Nothing is decided between the last in time and the first that is late.
  const all = (minute: number) => perMinute * Math.min(minute, began) + late(minute);
  const samples = (valueAt: (minute: number) => number) => {
    const values: string[] = [];
    for (let minute = 0; minute < dense; minute += sparseMinutes) {
      values.push(`${valueAt(minute)}`, `_x${sparseMinutes - 1}`);
    }
    for (let minute = dense; minute <= endMinutes; minute += 1) values.push(`${valueAt(minute)}`);
    return values.join(" ");
  };
  return { all: samples(all), late: samples(late) };
}
