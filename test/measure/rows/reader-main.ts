/**
 * A connector with log and index in a data directory, in a process of its own that can be killed. It
 * does what it is told by its parent, one thing after the other, and answers each.
 */
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";
import { mutationsTopic, type EventLog, type NewRecord } from "@tidemark/pipeline";
import { DatabaseLine } from "../../integration/support/database-line.ts";
import { tables } from "../../integration/support/row-differences.ts";

export interface ReaderArguments {
  readonly directory: string;
  readonly url: string;
  readonly slot: string;
  /** It kills itself when it has stated so many rows of a snapshot or a re-snapshot. */
  readonly killAfterRows: number | null;
}

export type ReaderCommand =
  /** Until everything that was committed before is on the log, and restricted. */
  | { readonly kind: "complete" }
  /** Until nothing is left of a snapshot; how many rows it had. */
  | { readonly kind: "snapshot" }
  | { readonly kind: "part"; readonly table: string; readonly from: number; readonly to: number }
  | { readonly kind: "whole" }
  | { readonly kind: "stop" };

export interface ReaderAnswer {
  /** Rows that were stated, where any were. */
  readonly listed: number;
  readonly epoch: number;
}

const withinMs = 600_000;
/** Deletes that are inferred are not what is measured. */
const limits = { above: Number.MAX_SAFE_INTEGER, share: 1 };
const statedReason = /"reason":"(?:snapshot|reconcile)"/u;

const { directory, killAfterRows, slot, url } = JSON.parse(
  process.argv[2] ?? "",
) as ReaderArguments;
const database = await SqliteDatabase.open({ directory });
const log = new SqliteEventLog({ database });
const line = await DatabaseLine.start({
  database: { url, slot },
  tables,
  limits,
  world: {
    log: killAfterRows === null ? log : killedAfter(log, killAfterRows),
    index: new SqliteVectorIndex({ database }),
  },
});
const snapshotted = untilSnapshotted();

/** Everything of a log, with an end that nothing announces: what was appended last is not answered. */
function killedAfter(inner: EventLog, rows: number): EventLog {
  let stated = 0;
  const append: EventLog["append"] = async (topic, records, options) => {
    const appended = await inner.append(topic, records, options);
    const isStated = ({ value }: NewRecord) => statedReason.test(value ?? "");
    if (topic === mutationsTopic) stated += records.filter(isStated).length;
    if (stated >= rows) process.kill(process.pid, "SIGKILL");
    return appended;
  };
  return new Proxy(inner, {
    get(target, name) {
      if (name === "append") return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

async function untilSnapshotted(): Promise<number> {
  await line.complete(withinMs);
  return line.reports[0]?.listed ?? 0;
}

async function answer(command: ReaderCommand): Promise<number> {
  switch (command.kind) {
    case "complete":
    case "stop":
      await line.complete(withinMs);
      return 0;
    case "snapshot":
      return snapshotted;
    case "part": {
      await snapshotted;
      const range = { from: [String(command.from)], to: [String(command.to)] };
      return line.line.restatePart(command.table, range);
    }
    case "whole":
      await snapshotted;
      return (await line.line.reconcile({ confirm: null })).listed;
  }
}

process.on("message", (command: ReaderCommand) => {
  void answer(command).then(async (listed) => {
    const answered: ReaderAnswer = { listed, epoch: line.line.epoch };
    process.send?.(answered);
    if (command.kind !== "stop") return;
    await line[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    process.disconnect();
  });
});
