/** Jobs, and how they run on a connection; the same in a thread and inline. */
import type { Connection } from "./connection.ts";
import { errorMessage, type ErrorMessage } from "./error-message.ts";
import { chores, reads, writes, type Chores, type Reads, type Writes } from "./operations.ts";
import type { Priority } from "./write-queue.ts";

export type Job =
  | {
      readonly kind: "write";
      readonly name: keyof Writes;
      readonly argument: unknown;
      readonly priority: Priority;
      /** Survives a loss of power, not only of the process. */
      readonly durable: boolean;
    }
  | { readonly kind: "read"; readonly name: keyof Reads; readonly argument: unknown }
  | { readonly kind: "chore"; readonly name: keyof Chores; readonly argument: unknown };

export type WriteJob = Extract<Job, { kind: "write" }>;

export type Outcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: ErrorMessage };

type Run = (connection: Connection, argument: unknown) => unknown;

/** Appends that wait together are stored together: one wait for the disk serves them all. */
export function sharesTransaction(first: Job, other: Job): boolean {
  return [first, other].every((job) => job.kind === "write" && job.name === "appendRecords");
}

export function runRead(
  connection: Connection,
  job: Exclude<Job, WriteJob>,
  options: { readonly snapshot: boolean },
): Outcome {
  const run = (job.kind === "read" ? reads[job.name] : chores[job.name]) as Run;
  const work = () => run(connection, job.argument);
  return attempt(() => (options.snapshot ? connection.transaction("begin", work) : work()));
}

/** All in one transaction. One that fails takes only itself back, unless the disk is full. */
export function runWrites(connection: Connection, jobs: readonly WriteJob[]): readonly Outcome[] {
  const durable = jobs.some((job) => job.durable);
  const together = attempt(() => {
    // The level cannot change inside a transaction. In WAL mode `full` waits for the disk at
    // commit, and that covers all that was committed before.
    if (durable) connection.database.exec("pragma synchronous = full");
    try {
      return connection.transaction("begin immediate", () =>
        jobs.length === 1 ? jobs.map((job) => ran(connection, job)) : runEach(connection, jobs),
      );
    } finally {
      if (durable) connection.database.exec("pragma synchronous = normal");
    }
  });
  return together.ok ? (together.result as Outcome[]) : jobs.map(() => together);
}

function runEach(connection: Connection, jobs: readonly WriteJob[]): readonly Outcome[] {
  return jobs.map((job) => {
    connection.database.exec("savepoint job");
    const outcome = attempt(() => (writes[job.name] as Run)(connection, job.argument));
    if (!connection.database.isTransaction) throw new RolledBack(outcome);
    if (!outcome.ok) connection.database.exec("rollback to job");
    connection.database.exec("release job");
    return outcome;
  });
}

function ran(connection: Connection, job: WriteJob): Outcome {
  return { ok: true, result: (writes[job.name] as Run)(connection, job.argument) };
}

/** SQLite took the whole transaction back, with what was done for others. */
class RolledBack extends Error {
  readonly error: ErrorMessage | undefined;

  constructor(outcome: Outcome) {
    super("rolled back");
    this.error = outcome.ok ? undefined : outcome.error;
  }
}

function attempt(work: () => unknown): Outcome {
  try {
    return { ok: true, result: work() };
  } catch (error) {
    if (error instanceof RolledBack && error.error) return { ok: false, error: error.error };
    return { ok: false, error: errorMessage(error) };
  }
}
