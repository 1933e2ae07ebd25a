/** Counts by stretches of time, where an index counts one stretch at a time: empty ones are halved away. */

/** @param countMs of what lies from one time up to another; null is without end */
export async function countStretches(
  timesMs: readonly number[],
  countMs: (fromMs: number | null, toMs: number | null) => Promise<number>,
): Promise<readonly number[]> {
  const counts = Array.from({ length: timesMs.length + 1 }, () => 0);
  const within = (from: number, to: number) =>
    countMs(timesMs[from - 1] ?? null, timesMs[to - 1] ?? null);
  await spread(0, counts.length, await within(0, counts.length));
  return counts;

  /** The stretches from one to another hold so many together. */
  async function spread(from: number, to: number, total: number): Promise<void> {
    if (total <= 0) return;
    if (to - from === 1) {
      counts[from] = total;
      return;
    }
    const middle = Math.floor((from + to) / 2);
    const older = await within(from, middle);
    await spread(from, middle, older);
    // What is written meanwhile is counted or not; the rest is not asked for again.
    await spread(middle, to, total - older);
  }
}
