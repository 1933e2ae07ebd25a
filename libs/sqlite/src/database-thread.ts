/**
 * A worker thread with one connection. The writer's takes what waits by priority; a reader's takes
 * what comes. It ends when it is told to and everything that came before is done.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { checkpointPages, type Connection, type ConnectionOptions } from "./connection.ts";
import { errorMessage } from "./error-message.ts";
import { runRead, runWrites, sharesTransaction, type Job, type Outcome } from "./job.ts";
import { walPages } from "./maintenance-operations.ts";
import { openConnection } from "./open-connection.ts";
import { WriteQueue } from "./write-queue.ts";

export type Request = { readonly id: number; readonly job: Job } | "open" | "close";
export type Reply = { readonly id: number; readonly outcome: Outcome } | "checkpoint due";
type Waiting = Exclude<Request, "open" | "close">;

/** The answer to "open"; jobs have numbers from 1. */
const openId = 0;

const appendsPerTransactionMax = 64;

const port = parentPort;
if (!port) throw new Error("database-thread.ts runs in a worker thread");

const queue = new WriteQueue<Waiting>();
let closing = false;
let checkpointDue = false;

let connection: Connection | null = null;

port.on("message", (request: Request) => {
  accept(request);
  while (step());
  if (!closing) return;
  connection?.[Symbol.dispose]();
  port.close();
});

function accept(request: Request): void {
  if (request === "open") open();
  else if (request === "close") closing = true;
  else queue.push(request.job.kind === "write" ? request.job.priority : "restriction", request);
}

/** Told to, and not at the start: threads can start together, and the writer makes the file. */
function open(): void {
  try {
    connection = openConnection(workerData as ConnectionOptions);
    reply(openId, { ok: true, result: null });
  } catch (error) {
    closing = true;
    reply(openId, { ok: false, error: errorMessage(error) });
  }
}

/** Takes in what came meanwhile, so that a restriction overtakes content that waits. */
function step(): boolean {
  for (;;) {
    const more = receiveMessageOnPort(port as NonNullable<typeof port>);
    if (!more) break;
    accept(more.message as Request);
  }
  const taken = queue.take({
    shares: (first, other) => sharesTransaction(first.job, other.job),
    jobsMax: appendsPerTransactionMax,
  });
  for (const [index, outcome] of outcomesOf(taken).entries()) {
    reply((taken[index] as Waiting).id, outcome);
  }
  if (taken.some(({ job }) => job.kind === "write")) noteWal();
  return taken.length > 0;
}

/** Asks once, and again when it was done and has grown anew. */
function noteWal(): void {
  const due = connection !== null && walPages(connection) >= checkpointPages;
  if (due && !checkpointDue) post("checkpoint due");
  checkpointDue = due;
}

function outcomesOf(taken: readonly Waiting[]): readonly Outcome[] {
  const [first] = taken;
  if (!first || !connection) return [];
  if (first.job.kind === "write") {
    return runWrites(
      connection,
      taken.flatMap(({ job }) => (job.kind === "write" ? [job] : [])),
    );
  }
  return [runRead(connection, first.job, { snapshot: first.job.kind === "read" })];
}

function reply(id: number, outcome: Outcome): void {
  post({ id, outcome });
}

function post(message: Reply): void {
  (port as NonNullable<typeof port>).postMessage(message, []);
}
