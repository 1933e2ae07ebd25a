/**
 * The speed of the runtime alone: the most that any product around it can reach on this machine.
 * Tokens are prepared, runs are dealt out beforehand, vectors are thrown away.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { packIds } from "./run.ts";

export interface BareLimitOptions {
  readonly modelFile: string;
  /** Token ids of each text, special ones included. */
  readonly texts: readonly (readonly number[])[];
  readonly workers: number;
  /** Texts of equal length share a run up to this. */
  readonly tokensPerRunMax: number;
  /** The fastest round counts. */
  readonly rounds: number;
}

export interface BareLimit {
  readonly elapsedMs: number;
  readonly textsPerSecond: number;
  readonly tokensPerSecond: number;
}

export interface BareRun {
  readonly ids: ArrayBuffer;
  readonly texts: number;
  readonly tokens: number;
}

export interface BareSettings {
  readonly modelFile: string;
  readonly runs: readonly BareRun[];
  /** One number: the next run to take. */
  readonly next: Int32Array<SharedArrayBuffer>;
}

/** Runs all texts in every round, after one round that is not timed. */
export async function measureBareLimit(options: BareLimitOptions): Promise<BareLimit> {
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const runs = groupByLength(options.texts, options.tokensPerRunMax);
  const workerData: BareSettings = { modelFile: options.modelFile, runs, next };
  const entry = new URL("./bare-limit-worker.ts", import.meta.url);
  const workers = Array.from(
    { length: options.workers },
    () => new Worker(entry, { workerData, execArgv: [] }),
  );
  const answers = async (): Promise<unknown> =>
    Promise.all(workers.map(async (worker) => once(worker, "message")));
  try {
    await answers();
    let elapsedMs = Infinity;
    for (let round = 0; round <= options.rounds; round += 1) {
      Atomics.store(next, 0, 0);
      const begun = performance.now();
      const done = answers();
      for (const worker of workers) worker.postMessage("go", []);
      await done;
      if (round > 0) elapsedMs = Math.min(elapsedMs, performance.now() - begun);
    }
    const tokens = options.texts.reduce((sum, ids) => sum + ids.length, 0);
    return {
      elapsedMs,
      textsPerSecond: (options.texts.length / elapsedMs) * 1000,
      tokensPerSecond: (tokens / elapsedMs) * 1000,
    };
  } finally {
    await Promise.all(workers.map(async (worker) => worker.terminate()));
  }
}

/** The longest first, so that workers end together. */
function groupByLength(
  texts: readonly (readonly number[])[],
  tokensPerRunMax: number,
): readonly BareRun[] {
  const sorted = texts.toSorted((left, right) => right.length - left.length);
  const runs: BareRun[] = [];
  for (let at = 0; at < sorted.length;) {
    const tokens = sorted[at]?.length ?? 0;
    const room = Math.max(1, Math.floor(tokensPerRunMax / tokens));
    const group = sorted.slice(at, at + room).filter((ids) => ids.length === tokens);
    runs.push({ ids: packIds(group, tokens), texts: group.length, tokens });
    at += group.length;
  }
  return runs;
}
