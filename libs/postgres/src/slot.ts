/** The replication slot, the publication, and who may read them. */
import { createHash } from "node:crypto";
import { TransientError, type Clock } from "@tidemark/pipeline";
import {
  answered,
  clientOf,
  endClient,
  type Connection,
  type ConnectionOptions,
} from "./connection.ts";
import { parseLsn } from "./lsn.ts";
import { quoteName, quoteTable } from "./table-facts.ts";

export interface SlotFacts {
  /** Its WAL was removed, or it is of another kind: nothing can be read from it. */
  readonly isLost: boolean;
  readonly confirmedLsn: number;
  /** WAL that the server keeps for it. */
  readonly keptBytes: number;
}

const slotSql = `
select plugin, database, current_database() as own, wal_status, confirmed_flush_lsn::text as confirmed,
  greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))::bigint::text as kept
from pg_replication_slots where slot_name = $1`;

export async function slotFacts(connection: Connection, slot: string): Promise<SlotFacts | null> {
  const [found] = (await connection.ask(slotSql, [slot])).rows;
  if (!found) return null;
  const { confirmed, database, kept, own, plugin, wal_status: status } = found;
  if (plugin !== "pgoutput" || database !== own) {
    throw new TransientError(
      `slot ${slot} is of plugin ${plugin} and database ${database}; name another under replication.slot`,
    );
  }
  return {
    isLost: status === "lost" || confirmed === null || confirmed === undefined,
    confirmedLsn: confirmed ? parseLsn(confirmed) : 0,
    keptBytes: Number(kept ?? 0),
  };
}

/** Waits until every transaction that is open now has ended. */
export async function createSlot(connection: Connection, slot: string): Promise<void> {
  await connection.ask("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
}

export async function dropSlot(connection: Connection, slot: string): Promise<void> {
  await connection.ask("select pg_drop_replication_slot($1)", [slot]);
}

/** With the partitions of a table under its own name. */
export function createPublicationSql(publication: string, tables: readonly string[]): string {
  const names = tables.map(quoteTable).join(", ");
  return `create publication ${quoteName(publication)} for table ${names} with (publish_via_partition_root = true)`;
}

export function addTableSql(publication: string, table: string): string {
  return `alter publication ${quoteName(publication)} add table ${quoteTable(table)}`;
}

export interface PublicationFacts {
  /** Operations that it leaves out, such as `truncate`. */
  readonly leavesOut: readonly string[];
}

const publicationSql = `
select pubinsert::text as insert, pubupdate::text as update, pubdelete::text as delete,
  pubtruncate::text as truncate from pg_publication where pubname = $1`;

export async function publicationFacts(
  connection: Connection,
  publication: string,
): Promise<PublicationFacts | null> {
  const [found] = (await connection.ask(publicationSql, [publication])).rows;
  if (!found) return null;
  const leavesOut = Object.entries(found).flatMap(([what, does]) =>
    does === "true" ? [] : [what],
  );
  return { leavesOut };
}

export interface SystemFacts {
  readonly systemId: string;
  readonly timeline: string;
  readonly database: string;
  /** Where the WAL ends that is safe on disk. */
  readonly endLsn: number;
}

/** Asked on a connection for replication: whoever may not open one may not read a slot. */
export async function identifySystem(options: ConnectionOptions): Promise<SystemFacts> {
  const client = clientOf({ ...options, isReplication: true });
  client.on("error", () => {});
  try {
    return await answered(async () => {
      await client.connect();
      const { rows } = await client.query<Record<string, string>>("IDENTIFY_SYSTEM");
      const { dbname = "", systemid = "", timeline = "", xlogpos = "" } = rows[0] ?? {};
      return { systemId: systemid, timeline, database: dbname, endLsn: parseLsn(xlogpos) };
    });
  } finally {
    await endClient(client);
  }
}

const againAfterMs = 1_000;

const holderSql = `
select a.application_name || ' (process ' || a.pid || coalesce(' from ' || host(a.client_addr), '') || ')' as who
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and l.classid::bigint = ($1::bigint >> 32) & 4294967295 and l.objid::bigint = $1::bigint & 4294967295
  and l.database = (select oid from pg_database where datname = current_database())`;

/** Resolves once this connection owns the slot: for as long as it lives, nobody else does. */
export async function ownSlot(
  connection: Connection,
  slot: string,
  options: {
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly waits: (whom: string | null) => void;
  },
): Promise<void> {
  const { clock, signal, waits } = options;
  const key = String(createHash("sha256").update(`tidemark ${slot}`).digest().readBigInt64BE());
  while (!signal.aborted) {
    const { rows } = await connection.ask("select pg_try_advisory_lock($1)::text as own", [key]);
    if (rows[0]?.["own"] === "true") return waits(null);
    const holders = (await connection.ask(holderSql, [key])).rows;
    waits(holders[0]?.["who"] ?? "another process");
    await clock.sleep(againAfterMs, signal);
  }
}
