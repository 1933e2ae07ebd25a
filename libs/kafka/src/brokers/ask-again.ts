/** A question to the cluster, asked again a few times: leaders move, connections end. */
import type { Clock } from "@tidemark/pipeline";
import { mayRetry, pipelineError } from "./kafka-errors.ts";

const attemptsMax = 5;
const firstPauseMs = 50;
/** After this long it is not asked again. */
const askWithinMs = 12_000;

export interface Question<T> {
  /** What is being done, for the message of its error. */
  readonly doing: string;
  readonly clock: Clock;
  readonly ask: () => Promise<T>;
  /** What was known is void. */
  readonly stale: () => void;
}

/** @throws TransientError when none of the tries succeeded */
export async function askAgain<T>({ ask, clock, doing, stale }: Question<T>): Promise<T> {
  const beganAtMs = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      stale();
      const isLast = attempt === attemptsMax || performance.now() - beganAtMs > askWithinMs;
      if (isLast || !mayRetry(error)) throw pipelineError(error, doing);
      await clock.sleep(firstPauseMs * 3 ** (attempt - 1));
    }
  }
}
