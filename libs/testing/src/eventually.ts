/**
 * Waits until a condition holds: until the function returns without throwing, and not false.
 * @throws what it threw last, when it never held within the time
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { withinMs = 10_000, everyMs = 20 } = {},
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false) return value;
      if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms`);
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, everyMs);
    });
  }
}
