/**
 * The runtime alone in a process of its own, so that its CPU can be told and it can be ended. Its
 * argument names a file with the runs to make; the answer is one line of JSON.
 */
import { readFileSync } from "node:fs";
import { measureBareLimit, type BareLimitOptions } from "@tidemark/onnx";
import { microsecondsPerSecond, type LimitAnswer, type LimitRequest } from "./runtime-limit.ts";

const request = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as LimitRequest;
const { modelFile, texts, workers } = request;
/** Besides the round that is timed, it makes one that is not. */
const rounds = 1;

const answers: LimitAnswer[] = [];
for (const tokensPerRunMax of request.tokensPerRun) {
  const options = { modelFile, workers, tokensPerRunMax, rounds };
  const opening = await measured({ ...options, texts: texts.slice(0, 1) });
  const all = await measured({ ...options, texts });
  const cpuSeconds = (all.cpuSeconds - opening.cpuSeconds) / (rounds + 1);
  answers.push({ tokensPerRunMax, elapsedMs: all.elapsedMs, cpuSeconds });
}
process.stdout.write(`${JSON.stringify(answers)}\n`);

async function measured(options: BareLimitOptions) {
  const before = process.cpuUsage();
  const { elapsedMs } = await measureBareLimit(options);
  const { system, user } = process.cpuUsage(before);
  return { elapsedMs, cpuSeconds: (system + user) / microsecondsPerSecond };
}
