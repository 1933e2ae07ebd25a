import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@tidemark/pipeline";

export const realClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
