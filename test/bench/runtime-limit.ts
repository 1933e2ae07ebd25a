/** Asks a process of its own how fast the embedding runtime is with nothing around it. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { modelFile } from "./chunk-corpus.ts";
import type { PartContext } from "./part.ts";

export const microsecondsPerSecond = 1_000_000;

export interface LimitRequest {
  readonly modelFile: string;
  readonly workers: number;
  readonly texts: readonly (readonly number[])[];
  /** One measurement for each; 1 groups nothing. */
  readonly tokensPerRun: readonly number[];
}

export interface LimitAnswer {
  readonly tokensPerRunMax: number;
  readonly elapsedMs: number;
  /** Of all threads in one round, without the opening of the model. */
  readonly cpuSeconds: number;
}

const program = join(import.meta.dirname, "limit-main.ts");
const run = promisify(execFile);

export async function runtimeLimit(
  { directory, signal }: PartContext,
  texts: LimitRequest["texts"],
  tokensPerRun: readonly number[],
): Promise<readonly LimitAnswer[]> {
  const file = join(directory, "limit.json");
  const workers = availableParallelism();
  const request: LimitRequest = { modelFile, workers, texts, tokensPerRun };
  await writeFile(file, JSON.stringify(request));
  const args = ["--disable-warning=ExperimentalWarning", program, file];
  const { stdout } = await run(process.execPath, args, { signal, killSignal: "SIGKILL" });
  return JSON.parse(stdout) as readonly LimitAnswer[];
}
