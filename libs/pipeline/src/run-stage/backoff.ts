/** Attempt → how long to wait: doubling, capped, with full jitter above half. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
}

export const defaultBackoff: BackoffPolicy = { firstMs: 100, mostMs: 30_000 };

/** @param attempt failures so far, from 1; @param chance from 0 up to 1 */
export function backoffMs(
  attempt: number,
  chance: number,
  policy: BackoffPolicy = defaultBackoff,
): number {
  const full = Math.min(policy.mostMs, policy.firstMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * chance;
}

/**
 * Tells poison from outage. While nothing at all succeeds, the other side is down and everything
 * waits; when others succeed and one document keeps failing, it is that document.
 */
export class Breaker {
  #failuresInRow = 0;
  #successes = 0;
  readonly #opensAfter: number;
  readonly #proved = new Map<string, number>();

  constructor(options: { readonly opensAfter: number } = { opensAfter: 3 }) {
    this.#opensAfter = options.opensAfter;
  }

  succeeded(): void {
    this.#failuresInRow = 0;
    this.#successes += 1;
  }

  failed(): void {
    this.#failuresInRow += 1;
  }

  /** Open: one try at a time, until one succeeds. */
  get isOpen(): boolean {
    return this.#failuresInRow >= this.#opensAfter;
  }

  /** Something by this name has answered. */
  proves(dependency: string): void {
    this.#proved.set(dependency, (this.#proved.get(dependency) ?? 0) + 1);
  }

  /**
   * How often others succeeded; a document notes it at its first failure. Where it is known who
   * failed it, only that one's answers count: a batch that needs no embedder proves nothing of it.
   */
  successes(dependency: string | null): number {
    return dependency === null ? this.#successes : (this.#proved.get(dependency) ?? 0);
  }
}

/**
 *   attempts        others succeeded meanwhile   outcome
 *   below the most  any                          again
 *   the most        no                           again: an outage
 *   the most        yes                          poison
 */
export function isPoisonedByRetries(input: {
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly othersSucceeded: boolean;
}): boolean {
  return input.attempts >= input.attemptsMax && input.othersSucceeded;
}
