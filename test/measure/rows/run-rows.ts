/**
 * A table that is read whole for the first time, in part and whole again, each with a kill in its
 * midst, while Postgres itself writes to what is being read; and what the log says in the end.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import type { PostgresServer } from "../../servers/postgres.ts";
import { expectedDocuments } from "../../integration/support/row-differences.ts";
import { churnedTableSql, churnSql, filledSql } from "./churn-sql.ts";
import type { KeyRange } from "./held-transactions.ts";
import { judgeLog, readWhileOpen, type Verdict } from "./judge-log.ts";
import { Reader } from "./reader.ts";
import type { ReaderCommand } from "./reader-main.ts";
import { Writer } from "./writer.ts";

export interface RowsOptions {
  readonly server: PostgresServer;
  /** Empty; what the reader keeps lies here. */
  readonly directory: string;
  readonly rows: number;
  /** Changes that are committed, by rows; those of transactions that are held come on top. */
  readonly perSecond: number;
  /** Whether the whole table is read again too, after a part of it. */
  readonly wholeAgain: boolean;
  readonly say: (line: string) => void;
}

export interface Part {
  readonly what: string;
  /** Rows that the reading after the kill has stated. */
  readonly listed: number;
  readonly seconds: number;
  /** While the range was being read, within it. */
  readonly changesPerSecond: number;
  /** In which rows were stated: by the reader that was killed, and by the one after it. */
  readonly epochs: readonly number[];
  /** Of everything that was written meanwhile, how many of each kind. */
  readonly phenomena: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
}

/** The others are free at the beginning. */
const filledShare = 7 / 8;
const killedAtShare = 0.4;
/** A reader that was killed is not there for a while. */
const downMs = 500;
const slotPollMs = 20;
const table = "public.items";

export async function runRows(options: RowsOptions): Promise<readonly Part[]> {
  const { rows, say, server } = options;
  const keys = Math.ceil(rows / filledShare);
  await using database = await DatabaseUnderTest.create(
    server,
    `${churnedTableSql} ${churnSql} ${filledSql(keys)}`,
  );
  const all = { low: 0, high: keys };
  const middle = { low: Math.floor(keys / 4), high: Math.floor((keys * 3) / 4) };
  const run = { ...options, database };
  const readings: Omit<Reading, "seed">[] = [
    { what: "first snapshot", range: all, command: { kind: "snapshot" } },
    {
      what: "half of it again, within the epoch",
      range: middle,
      command: { kind: "part", table, from: middle.low, to: middle.high },
    },
    { what: "all of it again, within the epoch", range: all, command: { kind: "whole" } },
  ];
  const parts: Part[] = [];
  for (const [at, reading] of readings.entries()) {
    if (reading.command.kind === "whole" && !options.wholeAgain) continue;
    const part = await runPart(run, { ...reading, seed: at + 1 });
    say(lineOf(part));
    parts.push(part);
  }
  return parts;
}

interface Reading {
  readonly what: string;
  /** Of keys: what is read is what is written. */
  readonly range: KeyRange;
  readonly command: Extract<ReaderCommand, { kind: "part" | "snapshot" | "whole" }>;
  readonly seed: number;
}

async function runPart(
  { database, directory, perSecond, say }: RowsOptions & { readonly database: DatabaseUnderTest },
  { command, range, seed, what }: Reading,
): Promise<Part> {
  const data = join(directory, "data");
  const reader = { directory: data, url: database.url, slot: database.slot };
  const inRange = (range.high - range.low) * filledShare;
  await using writer = await Writer.start({ url: database.url, range, perSecond, seed });
  const slotMade = command.kind === "snapshot" ? untilSlot(database) : Promise.resolve(Number.NaN);
  const beganAtMs = Date.now();
  await using first = new Reader({ ...reader, killAfterRows: Math.floor(inRange * killedAtShare) });
  await first.untilKilled(command);
  say(`${what}: killed in its midst`);
  await sleep(downMs);
  await using second = new Reader({ ...reader, killAfterRows: null });
  const fromMs = Date.now();
  const { listed } = await second.tell(command);
  const toMs = Date.now();
  await writer.stop();
  await second.stop();
  const { statings, verdict } = await judgeLog(data, await expectedDocuments(database));
  const { held } = writer;
  const slotAtMs = await slotMade;
  const openAtSlot = held.filter(
    ({ endsAtMs, writtenAtMs }) => writtenAtMs < slotAtMs && endsAtMs > slotAtMs,
  );
  const open = readWhileOpen(statings, held);
  return {
    what,
    listed,
    seconds: (toMs - fromMs) / 1_000,
    changesPerSecond: writer.perSecond({ fromMs, toMs }),
    epochs: [
      ...new Set(
        statings.filter(({ statedAtMs }) => statedAtMs >= beganAtMs).map((each) => each.epoch),
      ),
    ],
    phenomena: {
      ...writer.tally,
      heldOpenTransactions: held.filter(({ kind }) => kind === "open").length,
      preparedTransactions: held.filter(({ kind }) => kind === "prepared").length,
      ...(command.kind === "snapshot" ? { openWhenTheSlotWasMade: openAtSlot.length } : {}),
      rowsReadWhileChangedAndCommittedLater: open.open,
      rowsReadWhileChangedByWhatWasPrepared: open.prepared,
    },
    verdict,
  };
}

/** When the slot was first there: it is being made then, and waits for what is open. */
async function untilSlot(database: DatabaseUnderTest): Promise<number> {
  const client = await database.session();
  try {
    for (;;) {
      const sql = "select from pg_replication_slots where slot_name = $1";
      if ((await client.query(sql, [database.slot])).rowCount) return Date.now();
      await sleep(slotPollMs);
    }
  } finally {
    await client.end();
  }
}

function lineOf(part: Part): string {
  const { changesPerSecond, epochs, listed, phenomena, seconds, verdict, what } = part;
  const { ambiguous, documents, duplicated, examples, missing, records, stale, wrongInIndex } =
    verdict;
  return [
    `${what}: ${listed} rows in ${seconds.toFixed(1)} s, ${Math.round(changesPerSecond)} changes/s in them meanwhile, epochs ${epochs.join(" ")}`,
    ...Object.entries(phenomena).map(([name, count]) => `  ${name}: ${count}`),
    `  ${documents} documents of ${records} records: ${missing} missing, ${duplicated} duplicated, ${stale} stale, ${ambiguous} ambiguous; ${wrongInIndex} wrong in the index`,
    ...examples.map((example) => `  ${example}`),
  ].join("\n");
}

/** Whether nothing is wrong, and everything that it is about has happened. */
export function isProven({ phenomena, verdict }: Part): boolean {
  const { ambiguous, duplicated, missing, stale, wrongInIndex } = verdict;
  const wrong = ambiguous + duplicated + missing + stale + wrongInIndex;
  return wrong === 0 && Object.values(phenomena).every((count) => count > 0);
}
