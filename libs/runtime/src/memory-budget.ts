/**
 * What a process does with the memory it is meant for. Nothing here is a hard limit, which is the
 * system's to set; but what can be bounded grows with the memory that is there, and no further.
 */
import { setFlagsFromString } from "node:v8";

export interface MemoryBudget {
  /** Of records that one stage takes ahead of its work. */
  readonly lookaheadBytesMax: number;
  /** Pages of the database that its connections keep, together. */
  readonly cacheBytes: number;
  /** Of the database's file, what each reader maps; clean pages, which the system takes back. */
  readonly mappedBytes: number;
  /** Threads of a model, each with weights and room to work. */
  readonly modelThreadsMax: number;
  /** By how much a heap may grow past what was alive in it before it is looked through again. */
  readonly heapGrowthPercent: number;
}

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
/** What is urgent overtakes within it, and a part of a document has up to half a mebibyte. */
const lookaheadLeast = 8 * mebibyte;
const modelThreadBytes = 96 * mebibyte;
/** Less would look through the heap all the time, more is what the engine does by itself. */
const heapGrowthPercent = { least: 20, ofGibibyte: 40, most: 300 };

export function memoryBudget(bytesMax: number): MemoryBudget {
  const growth = Math.round((heapGrowthPercent.ofGibibyte * bytesMax) / gibibyte);
  return {
    lookaheadBytesMax: Math.max(lookaheadLeast, Math.floor(bytesMax / 32)),
    cacheBytes: Math.floor(bytesMax / 16),
    mappedBytes: Math.floor(bytesMax / 8),
    modelThreadsMax: Math.max(1, Math.floor(bytesMax / 2 / modelThreadBytes)),
    heapGrowthPercent: Math.min(heapGrowthPercent.most, Math.max(heapGrowthPercent.least, growth)),
  };
}

/**
 * Applies to every thread's heap, from its next collection on. Left alone, the engine lets a heap
 * grow to four times what is alive in it while much is allocated, whatever else needs memory.
 */
export function boundHeaps({ heapGrowthPercent: percent }: MemoryBudget): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
