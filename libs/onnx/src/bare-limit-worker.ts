/** Entry of a worker thread of `bare-limit.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import type { BareSettings } from "./bare-limit.ts";
import { openSession, runSession } from "./session.ts";

if (parentPort === null) throw new Error("bare-limit-worker runs in a worker thread");
const port = parentPort;
const { modelFile, runs, next } = workerData as BareSettings;
const session = await openSession(modelFile, "cpu");

port.on("message", () => {
  void round();
});
port.postMessage("ready");

async function round(): Promise<void> {
  for (let run = runs[Atomics.add(next, 0, 1)]; run; run = runs[Atomics.add(next, 0, 1)]) {
    await runSession(session, new BigInt64Array(run.ids), run);
  }
  port.postMessage("done");
}
