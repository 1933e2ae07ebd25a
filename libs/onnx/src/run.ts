/** What the main thread and an embedding worker tell each other. */
import type { EmbedLane } from "@tidemark/pipeline";

/** How a worker opens its session. */
export interface WorkerSettings {
  readonly modelFile: string;
  readonly device: "cpu" | "cuda";
  /** Shared with the main thread, and read by it after the worker died: see `cell`. */
  readonly control: Int32Array<SharedArrayBuffer>;
}

export const cell = {
  /** Written by the worker: the id of the run that is being computed, 0 for none. */
  running: 0,
  /** Written by the main thread: 1 once no further run may begin. */
  stop: 1,
} as const;

export function newControl(): Int32Array<SharedArrayBuffer> {
  const cells = Object.keys(cell).length;
  return new Int32Array(new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT));
}

/** What goes before runs that only wait: queries first, then live changes. */
export type RunUrgency = 0 | 1 | 2;

export function runUrgencyOf(lane: EmbedLane): RunUrgency {
  return lane === "query" ? 0 : lane === "live" ? 1 : 2;
}

/** Texts of equal length for one call of the model. `ids` is int64 [texts, tokens], little endian. */
export interface Run {
  readonly id: number;
  readonly ids: ArrayBuffer;
  readonly texts: number;
  readonly tokens: number;
  readonly urgency: RunUrgency;
}

export type ToWorker = { readonly kind: "run"; readonly run: Run } | { readonly kind: "close" };

export type FromWorker =
  | { readonly kind: "ready" }
  /** The session could not be opened; the worker ends. */
  | { readonly kind: "refused"; readonly reason: string }
  | {
      readonly kind: "done";
      readonly id: number;
      /** One buffer of float32 for each text of the run. */
      readonly vectors: readonly ArrayBuffer[];
      /** How long the model took. */
      readonly ms: number;
    }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string };

/** Packs ids of equal length as the model reads them. */
export function packIds(texts: readonly (readonly number[])[], tokens: number): ArrayBuffer {
  const buffer = new ArrayBuffer(texts.length * tokens * BigInt64Array.BYTES_PER_ELEMENT);
  // Ids are small and not negative: the lower half of each number is all there is to write.
  const lowerHalves = new Int32Array(buffer);
  let at = 0;
  for (const ids of texts) {
    for (const id of ids) {
      lowerHalves[at] = id;
      at += 2;
    }
  }
  return buffer;
}

/** At most this many runs go before one that waits in a worker. */
export const overtakenMax = 4;

export interface Waiting {
  readonly run: Run;
  overtaken: number;
}

/** Takes the next run: the most urgent, or the oldest once enough went before it. */
export function nextRun(backlog: Waiting[]): Run | undefined {
  const [oldest] = backlog;
  if (oldest === undefined) return undefined;
  const urgencies = backlog.map(({ run }) => run.urgency);
  const mostUrgent = urgencies.indexOf(Math.min(...urgencies) as RunUrgency);
  const mayOvertake = mostUrgent > 0 && oldest.overtaken < overtakenMax;
  if (mayOvertake) oldest.overtaken += 1;
  return backlog.splice(mayOvertake ? mostUrgent : 0, 1)[0]?.run;
}
