/** Maps with at most so many at once, in order; the first failure ends it after those in the air. */
export async function mapBounded<T, R>(
  items: readonly T[],
  atOnceMax: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      results[at] = await map(items[at] as T);
    }
  };
  const workers = Array.from({ length: Math.min(atOnceMax, items.length) }, worker);
  const settled = await Promise.allSettled(workers);
  const failed = settled.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return results;
}
