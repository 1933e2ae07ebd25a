/** Entry of a worker thread: runs texts through the model, one run at a time. */
import { setPriority } from "node:os";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { cell, nextRun } from "./run.ts";
import type { FromWorker, Run, ToWorker, Waiting, WorkerSettings } from "./run.ts";
import { openSession, runSession } from "./session.ts";

if (parentPort === null) throw new Error("embed-worker runs in a worker thread");
const port = parentPort;
const { modelFile, device, control } = workerData as WorkerSettings;
/**
 * Who computes all the time must not hold up who answers, commits and reads for a moment each. On
 * Linux this is the thread's own; elsewhere it would be the whole process's.
 */
const niceness = 5;
if (process.platform === "linux") setPriority(niceness);
const backlog: Waiting[] = [];
let isBusy = false;
let isClosing = false;

try {
  const session = await openSession(modelFile, device);
  port.on("message", (message: ToWorker) => {
    accept(message);
    if (!isBusy) void work(session);
  });
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "refused", reason: reasonOf(error) });
}

async function work(session: Awaited<ReturnType<typeof openSession>>): Promise<void> {
  isBusy = true;
  for (let run = nextRun(backlog); run !== undefined; run = nextRun(backlog)) {
    Atomics.store(control, cell.running, run.id);
    // Looked at after the store above, so that the main thread waits for this run or stops it.
    const isStopped = Atomics.load(control, cell.stop) === 1;
    if (!isStopped) await compute(session, run);
    Atomics.store(control, cell.running, 0);
    Atomics.notify(control, cell.running);
    if (isStopped) return;
    acceptAll();
  }
  isBusy = false;
  if (isClosing) {
    await session.release();
    port.close();
  }
}

async function compute(session: Awaited<ReturnType<typeof openSession>>, run: Run): Promise<void> {
  try {
    const beganMs = performance.now();
    const { values, width } = await runSession(session, new BigInt64Array(run.ids), run);
    const ms = performance.now() - beganMs;
    // The values belong to the runtime: each vector is copied to a buffer that can be moved.
    const vectors = Array.from(
      { length: run.texts },
      (_, text) => values.slice(text * width, (text + 1) * width).buffer,
    );
    send({ kind: "done", id: run.id, vectors, ms }, vectors);
  } catch (error) {
    send({ kind: "failed", id: run.id, reason: reasonOf(error) });
  }
}

/** Takes in what arrived while the thread was computing, so that a query is seen at once. */
function acceptAll(): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    accept(next.message as ToWorker);
  }
}

function accept(message: ToWorker): void {
  if (message.kind === "close") {
    isClosing = true;
    backlog.length = 0;
  } else if (!isClosing) backlog.push({ run: message.run, overtaken: 0 });
}

function send(message: FromWorker, moved: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, moved as ArrayBuffer[]);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
