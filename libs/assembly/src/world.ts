/** The real clock and chance, for ports that take them as arguments. */
import { setTimeout as wait } from "node:timers/promises";
import type { Chance, Clock } from "@tidemark/pipeline";

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};

export const systemChance: Chance = () => Math.random();
