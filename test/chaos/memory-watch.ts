/** What each process needs of memory over a run: the most in each quarter of it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";

const lookEveryMs = 1_000;
const quarters = 4;

interface Sample {
  readonly atMs: number;
  readonly service: string;
  readonly bytes: number;
}

/** Bytes at most, by quarter of the run; 0 where it was not there. */
export type PeaksByService = ReadonlyMap<string, readonly number[]>;

export class MemoryWatch {
  readonly #samples: Sample[] = [];

  async run(deployment: DistributedDeployment, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const process of deployment.processes) {
        const bytes = residentBytes(() => process.memoryBytes());
        if (bytes > 0) {
          this.#samples.push({ atMs: performance.now(), service: process.service, bytes });
        }
      }
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  peaks(): PeaksByService {
    const [first, last] = [this.#samples.at(0)?.atMs ?? 0, this.#samples.at(-1)?.atMs ?? 0];
    const quarterMs = (last - first) / quarters || 1;
    const peaks = new Map<string, number[]>();
    for (const { atMs, bytes, service } of this.#samples) {
      const own = peaks.get(service) ?? Array.from({ length: quarters }, () => 0);
      const quarter = Math.min(quarters - 1, Math.floor((atMs - first) / quarterMs));
      own[quarter] = Math.max(own[quarter] ?? 0, bytes);
      peaks.set(service, own);
    }
    return peaks;
  }
}

/** A process that has just ended has none. */
function residentBytes(read: () => number): number {
  try {
    return read() || 0;
  } catch {
    return 0;
  }
}
