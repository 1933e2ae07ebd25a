/**
 * When what the WAL holds can be seen by a query. A transaction is in the WAL, and is streamed, a
 * moment before others see it; where a standby has to agree first, long before.
 */
import { TransientError, type Clock } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";
import { parseLsn } from "./lsn.ts";

/** `pg_current_snapshot()`: what it could see. */
export interface Snapshot {
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

/** @param text such as `795:799:795,797` */
export function parseSnapshot(text: string): Snapshot {
  const [, xmax = "0", running = ""] = text.split(":");
  return {
    xmax: BigInt(xmax),
    running: new Set(running === "" ? [] : running.split(",").map(BigInt)),
  };
}

const wrap = 1n << 32n;

/** Whether the snapshot could see a transaction that is known by the lower 32 bits of its id. */
export function sees({ running, xmax }: Snapshot, xid: number): boolean {
  // Of the ids that end like this, the one that is nearest: the others are two billion away.
  const ahead = BigInt.asIntN(32, BigInt(xid) - (xmax % wrap));
  const whole = xmax + ahead;
  return whole < xmax && !running.has(whole);
}

const blockersSql = `
select 'process ' || pid || ' (' || coalesce(nullif(application_name, ''), usename, 'unnamed') || ', since '
  || date_trunc('second', xact_start) || ')' as who
from pg_stat_activity where backend_xid is not null and (backend_xid::text)::bigint <= $1::bigint % 4294967296
union all
select 'prepared transaction ' || gid || ' (since ' || date_trunc('second', prepared) || ')'
from pg_prepared_xacts limit 3`;

const pollMs = { least: 20, most: 1_000 } as const;
const reportAfterMs = 10_000;

export interface Barrier {
  /** Of everything that was written before the barrier; whatever comes later is at least as high. */
  readonly lsn: number;
}

/**
 * Resolves once every change below `lsn` can be seen, or was rolled back: the place W is read, an id
 * X is committed after it, and what wrote before W has an id below X.
 *
 * @param waits is told whom it waits for, again and again, when it takes long; null when it is over
 */
export async function barrier(
  connection: Connection,
  clock: Clock,
  {
    signal,
    waits,
  }: { readonly signal: AbortSignal; readonly waits: (whom: string | null) => void },
): Promise<Barrier> {
  const [place] = (await connection.ask("select pg_current_wal_insert_lsn()::text as lsn")).rows;
  const [own] = (await connection.ask("select pg_current_xact_id()::text as xid")).rows;
  const xid = BigInt(own?.["xid"] ?? 0);
  const beganAtMs = clock.nowMs();
  for (let pauseMs: number = pollMs.least; ; pauseMs = Math.min(pauseMs * 2, pollMs.most)) {
    const asked = await connection.ask(
      "select pg_snapshot_xmin(pg_current_snapshot())::text as xmin",
    );
    if (BigInt(asked.rows[0]?.["xmin"] ?? 0) > xid) break;
    if (clock.nowMs() - beganAtMs > reportAfterMs) {
      const { rows } = await connection.ask(blockersSql, [String(xid)]);
      waits(rows.map(({ who }) => who).join(", "));
    }
    await clock.sleep(pauseMs, signal);
    if (signal.aborted) throw new TransientError("stopped while waiting for open transactions");
  }
  waits(null);
  return { lsn: parseLsn(place?.["lsn"] ?? "") };
}
