/** For tests: waits for a condition, looking often, and fails with what it saw last. */
import { setTimeout } from "node:timers/promises";

const waitMs = 5000;
const lookEveryMs = 5;

export async function eventually(look: () => boolean, seen: () => unknown): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!look()) {
    if (performance.now() > deadline) {
      throw new Error(`it never came; seen: ${JSON.stringify(seen())}`);
    }
    await setTimeout(lookEveryMs);
  }
}
