/**
 * What an audit has read, in a file of SQLite's own that has no name and goes with the connection:
 * nothing is left behind by a process that dies.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  addPoints,
  listedDigest,
  noPoints,
  pointsDigest,
  seenDigest,
  type AuditRow,
  type DocumentId,
  type FoundFault,
  type PointSum,
  type Seen,
} from "@tidemark/domain";
import type {
  AuditSpool,
  LoggedState,
  ManifestLeaf,
  PointLeaf,
  SpoolRange,
  Suspect,
} from "@tidemark/pipeline";

const cacheKiB = 16 * 1024;

const schema = `
  pragma journal_mode = off;
  pragma synchronous = off;
  pragma cache_size = -${cacheKiB};
  create table fact (
    id text primary key,
    listed text,
    state text,
    partition integer,
    offset integer,
    body_offset integer,
    logged_listed text,
    logged_seen text,
    seen text,
    live text,
    is_sound integer,
    points integer,
    point_sum text
  ) without rowid;
  create table suspect (
    id text primary key,
    observation text,
    faults text not null
  ) without rowid;
  create table faulty (
    id text primary key,
    faults text not null
  ) without rowid;
`;

const selectLogged = `
  select wanted.key as at, f.state, f.partition, f.offset, f.body_offset as bodyOffset
  from json_each(?) as wanted
  cross join fact f on f.id = wanted.value where f.partition is not null`;
const upsertLogged = `
  insert into fact (id, state, partition, offset, body_offset, logged_listed, logged_seen)
  values (?, ?, ?, ?, ?, ?, ?)
  on conflict do update set state = excluded.state, partition = excluded.partition,
    offset = excluded.offset, body_offset = excluded.body_offset,
    logged_listed = excluded.logged_listed,
    logged_seen = excluded.logged_seen`;
const upsertListed = `
  insert into fact (id, listed) values (?, ?) on conflict do update set listed = excluded.listed`;
const upsertManifest = `
  insert into fact (id, seen, live, is_sound) values (?, ?, ?, ?)
  on conflict do update set seen = excluded.seen, live = excluded.live,
    is_sound = min(coalesce(is_sound, 1), excluded.is_sound)`;
const selectPoints = `select points as count, point_sum as sum from fact where id = ?`;
const upsertPoints = `
  insert into fact (id, points, point_sum) values (?, ?, ?)
  on conflict do update set points = excluded.points, point_sum = excluded.point_sum`;
const selectRows = `
  select id, listed, logged_listed as loggedListed, logged_seen as loggedSeen, seen, live,
    is_sound as isSound, points, point_sum as pointSum
  from fact where id > ? and id < ? order by id limit ?`;
const upsertSuspect = `
  insert into suspect (id, observation, faults) values (?, ?, ?)
  on conflict do update set observation = excluded.observation, faults = excluded.faults`;
const selectSuspects = `
  select id, observation, faults from suspect where id > ? and id < ? order by id limit ?`;
const deleteSuspect = `delete from suspect where id = ?`;
const upsertFaulty = `
  insert into faulty (id, faults) values (?, ?)
  on conflict do update set faults = excluded.faults`;
const selectFaultyOne = `select faults from faulty where id = ?`;
const selectFaulty = `select id, faults from faulty where id > ? and id < ? order by id limit ?`;

export class SqliteAuditSpool implements AuditSpool {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  static open(): SqliteAuditSpool {
    // The empty name makes a file that nobody else can open.
    const database = new DatabaseSync("");
    database.exec(schema);
    return new SqliteAuditSpool(database);
  }

  logged(ids: readonly DocumentId[]): readonly (LoggedState | null)[] {
    const found = this.#all<LoggedRow>(selectLogged, JSON.stringify(ids));
    const byPlace = new Map(found.map((row) => [row.at, row]));
    return ids.map((id, at) => {
      const row = byPlace.get(at);
      if (!row) return null;
      const { bodyOffset, offset, partition, state } = row;
      return { id, seen: JSON.parse(state) as Seen | null, partition, offset, bodyOffset };
    });
  }

  putLogged(states: readonly LoggedState[]): void {
    this.#each(upsertLogged, states, ({ bodyOffset, id, offset, partition, seen }) => [
      id,
      JSON.stringify(seen),
      partition,
      offset,
      bodyOffset,
      seen && listedDigest(seen),
      seen && seenDigest(seen),
    ]);
  }

  putListed(listed: readonly { readonly id: DocumentId; readonly digest: string }[]): void {
    this.#each(upsertListed, listed, ({ digest, id }) => [id, digest]);
  }

  putManifests(leaves: readonly ManifestLeaf[]): void {
    this.#each(upsertManifest, leaves, ({ id, isUnsound = false, live, seen }) => [
      id,
      seen,
      live,
      Number(!isUnsound),
    ]);
  }

  addPoints(leaves: readonly PointLeaf[]): void {
    this.#each(upsertPoints, leaves, ({ id, points }) => {
      const [before] = this.#all<StoredSum>(selectPoints, id);
      const { count, sum } = addPoints(sumFrom(before), points);
      return [id, count, sum.toString(16)];
    });
  }

  rows(range: SpoolRange): readonly AuditRow[] {
    return this.#all<FactRow>(selectRows, ...stretchOf(range)).map((row) => ({
      id: row.id,
      listed: row.listed,
      logged: row.loggedSeen === null ? null : { listed: row.loggedListed, seen: row.loggedSeen },
      index:
        row.seen === null ? null : { seen: row.seen, live: row.live, sound: row.isSound === 1 },
      points: pointsDigest(sumFrom({ count: row.points, sum: row.pointSum })),
    }));
  }

  putSuspects(suspects: readonly Suspect[]): void {
    this.#each(upsertSuspect, suspects, ({ faults, id, observation }) => [
      id,
      observation,
      JSON.stringify(faults),
    ]);
  }

  suspects(range: SpoolRange): readonly Suspect[] {
    const rows = this.#all<{ id: DocumentId; observation: string | null; faults: string }>(
      selectSuspects,
      ...stretchOf(range),
    );
    return rows.map(({ faults, ...row }) => ({ ...row, faults: faultsFrom(faults) }));
  }

  dropSuspects(ids: readonly DocumentId[]): void {
    this.#each(deleteSuspect, ids, (id) => [id]);
  }

  putFaulty(found: readonly Omit<Suspect, "observation">[]): void {
    this.#each(upsertFaulty, found, ({ faults, id }) => {
      const [before] = this.#all<{ faults: string }>(selectFaultyOne, id);
      const known = before ? faultsFrom(before.faults) : [];
      const more = faults.filter(({ fault }) => known.every((each) => each.fault !== fault));
      return [id, JSON.stringify([...known, ...more])];
    });
  }

  faulty(range: SpoolRange): readonly Omit<Suspect, "observation">[] {
    const rows = this.#all<{ id: DocumentId; faults: string }>(selectFaulty, ...stretchOf(range));
    return rows.map(({ faults, id }) => ({ id, faults: faultsFrom(faults) }));
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#database.close();
  }

  #each<T>(
    sql: string,
    items: readonly T[],
    values: (item: T) => readonly (string | number | null)[],
  ): void {
    if (items.length === 0) return;
    const statement = this.#statement(sql);
    this.#database.exec("begin");
    for (const item of items) statement.run(...values(item));
    this.#database.exec("commit");
  }

  // The caller knows its statement's row.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  #all<Row>(sql: string, ...values: (string | number)[]): Row[] {
    return this.#statement(sql).all(...values) as unknown as Row[];
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

interface LoggedRow {
  readonly at: number;
  readonly state: string;
  readonly partition: number;
  readonly offset: number;
  readonly bodyOffset: number | null;
}

interface StoredSum {
  readonly count: number | null;
  readonly sum: string | null;
}

interface FactRow {
  readonly id: string;
  readonly listed: string | null;
  readonly loggedListed: string | null;
  readonly loggedSeen: string | null;
  readonly seen: string | null;
  readonly live: string | null;
  readonly isSound: number | null;
  readonly points: number | null;
  readonly pointSum: string | null;
}

function stretchOf({ after, limit, source }: SpoolRange): [string, string, number] {
  // "0" follows "/".
  return [after ?? `${source}/`, `${source}0`, limit];
}

function sumFrom(stored: StoredSum | undefined): PointSum {
  if (!stored || stored.count === null) return noPoints;
  return { count: stored.count, sum: BigInt(`0x${stored.sum ?? "0"}`) };
}

function faultsFrom(text: string): readonly FoundFault[] {
  return JSON.parse(text) as readonly FoundFault[];
}
