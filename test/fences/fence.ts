/**
 * A fence is a piece of code that carries a promise. Its patch takes it away; then exactly the test
 * that is named must fail, for otherwise nobody would notice.
 */
export interface Fence {
  /** Of the promises in `docs/promises.md`. */
  readonly promise: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  /** What the code does, in words. */
  readonly does: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly before: string;
  readonly after: string;
  /** The test that fails without the fence, and no other. */
  readonly test: string;
}

/** @throws Error when the code is not there, or there twice: the patch would prove nothing */
export function removeFence(source: string, { before, after, file }: Fence): string {
  const places = source.split(before).length - 1;
  if (places !== 1) throw new Error(`${file}: ${places} places instead of one for: ${before}`);
  return source.replace(before, () => after);
}
