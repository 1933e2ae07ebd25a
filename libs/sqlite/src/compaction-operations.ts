/**
 * Retention and compaction, a bounded slice at a time. A record is looked at once it is old enough;
 * what it supersedes, or what supersedes it among the old, goes then. So a record that is young, or
 * that nothing old supersedes, stays, whatever any group has read: Kafka's rule.
 *
 * Mutations are kept by revision and not by offset: a late writer can append an old revision after
 * a newer one, and the newest state must be what remains.
 */
import type { TopicPolicy } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";
import { offsetOf, placeOf } from "./place.ts";
import { topicLanes, type Lane } from "./topic-operations.ts";

const selectAges = `
  select place, key, value is null as erased, appended_at as appendedAtMs from record
  where place >= ? and place < ? order by place limit ?`;
const deleteStretch = `delete from record where place >= ? and place < ?`;
const updateBegin = `update lane set begin_offset = max(begin_offset, ?) where lane = ?`;
const updateCompacted = `update lane set compacted_offset = ? where lane = ?`;
const deleteOlderOfKey = `delete from record where key = ? and place >= ? and place < ?`;
const deleteRecord = `delete from record where place = ?`;
const selectFacts = `
  select place, key, value is null as erased,
    iif(json_valid(value),
      json_extract(value, '$.documentId', '$.kind', '$.epoch', '$.position'), null) as facts
  from record where place >= ? and place < ?`;
const selectFactsOfKey = `
  select place, key, value is null as erased,
    iif(json_valid(value),
      json_extract(value, '$.documentId', '$.kind', '$.epoch', '$.position'), null) as facts
  from record where key = ? and place >= ? and place < ?`;

export interface Maintain {
  readonly policy: TopicPolicy;
  /** By their revisions, not their offsets: for mutations. */
  readonly byRevision: boolean;
  readonly nowMs: number;
  /** Records looked at in one slice. */
  readonly recordsMax: number;
}

export interface Maintained {
  readonly trimmed: number;
  readonly compacted: number;
  /** Nothing is left to do now. */
  readonly done: boolean;
}

export function maintainSlice(connection: Connection, maintain: Maintain): Maintained {
  const { policy } = maintain;
  for (const lane of topicLanes(connection, policy.name)) {
    const trimmed = trim(connection, lane, maintain);
    if (trimmed > 0) return { trimmed, compacted: 0, done: false };
    if (!policy.compact) continue;
    const compacted = compact(connection, lane, maintain);
    if (compacted !== null) return { trimmed: 0, compacted, done: false };
  }
  return { trimmed: 0, compacted: 0, done: true };
}

/** Forgets some of the records of a partition before an offset, and says whether all are gone. */
export function trimSlice(
  connection: Connection,
  trim: {
    readonly topic: string;
    readonly partition: number;
    readonly before: number;
    readonly recordsMax: number;
  },
): { readonly done: boolean } {
  const found = topicLanes(connection, trim.topic)[trim.partition];
  if (!found) return { done: true };
  const { lane, nextOffset } = found;
  const begin = placeOf(lane, 0);
  const end = placeOf(lane, Math.min(trim.before, nextOffset));
  const rows = connection.all<Aged>(selectAges, begin, end, trim.recordsMax);
  const last = rows.at(-1);
  if (last) connection.run(deleteStretch, begin, last.place + 1);
  const done = !last || rows.length < trim.recordsMax;
  connection.run(updateBegin, offsetOf(done ? end : last.place + 1), lane);
  return { done };
}

interface Aged {
  readonly place: number;
  readonly key: string;
  readonly erased: number;
  readonly appendedAtMs: number;
}

function trim(
  connection: Connection,
  { lane }: Lane,
  { policy, nowMs, recordsMax }: Maintain,
): number {
  if (policy.retainMs === null) return 0;
  const begin = placeOf(lane, 0);
  const old = olderThan(connection, { begin, lane, recordsMax }, nowMs - policy.retainMs);
  const last = old.at(-1);
  if (!last) return 0;
  connection.run(updateBegin, offsetOf(last.place) + 1, lane);
  return connection.run(deleteStretch, begin, last.place + 1);
}

/** How many records went; null when no record is old enough to be looked at. */
function compact(
  connection: Connection,
  { lane, compactedOffset }: Lane,
  { policy, byRevision, nowMs, recordsMax }: Maintain,
): number | null {
  const begin = placeOf(lane, compactedOffset);
  const old = olderThan(connection, { begin, lane, recordsMax }, nowMs - policy.compactAfterMs);
  const last = old.at(-1);
  if (!last) return null;
  const stretch = { begin, first: placeOf(lane, 0), end: last.place + 1 };
  connection.run(updateCompacted, offsetOf(last.place) + 1, lane);
  return byRevision
    ? keepHighestRevisions(connection, stretch)
    : keepNewest(connection, stretch, old);
}

/** The records from a place on, up to the first that is too young. */
function olderThan(
  connection: Connection,
  at: { readonly begin: number; readonly lane: number; readonly recordsMax: number },
  beforeMs: number,
): readonly Aged[] {
  const end = placeOf(at.lane + 1, 0);
  const rows = connection.all<Aged>(selectAges, at.begin, end, at.recordsMax);
  const young = rows.findIndex(({ appendedAtMs }) => appendedAtMs >= beforeMs);
  return young < 0 ? rows : rows.slice(0, young);
}

interface Stretch {
  readonly first: number;
  readonly begin: number;
  readonly end: number;
}

/** Of a key that is needed no more nothing is kept, not even that. */
function keepNewest(connection: Connection, { first }: Stretch, old: readonly Aged[]): number {
  const newest = new Map(old.map((record) => [record.key, record]));
  return [...newest.values()].reduce(
    (sum, { erased, key, place }) =>
      sum + connection.run(deleteOlderOfKey, key, first, erased === 1 ? place + 1 : place),
    0,
  );
}

interface Facts {
  readonly place: number;
  readonly key: string;
  readonly erased: number;
  readonly facts: string | null;
}

interface Stated {
  readonly place: number;
  readonly key: string;
  readonly documentId: string;
  readonly facet: boolean;
  readonly epoch: number;
  readonly position: number;
}

function keepHighestRevisions(connection: Connection, { first, begin, end }: Stretch): number {
  const documents = new Set(
    connection.all<Facts>(selectFacts, begin, end).map((row) => stated(row).documentId),
  );
  let removed = 0;
  for (const id of documents) {
    const records = [id, `${id}#metadata`, `${id}#permissions`]
      .flatMap((key) => connection.all<Facts>(selectFactsOfKey, key, first, end))
      .map(stated)
      // A document's id may end like a facet's key.
      .filter((record) => record.documentId === id);
    for (const place of superseded(records)) removed += connection.run(deleteRecord, place);
  }
  return removed;
}

/** Places of a document's records that others make needless. */
export function superseded(records: readonly Stated[]): readonly number[] {
  const winners = new Map<string, Stated>();
  for (const record of records) {
    const winner = winners.get(record.key);
    if (!winner || compare(record, winner) > 0) winners.set(record.key, record);
  }
  const base = [...winners.values()].find(({ facet }) => !facet);
  return records
    .filter(
      (record) =>
        winners.get(record.key) !== record ||
        // A whole document replaces the parts that were stated before it.
        (record.facet && base !== undefined && comparePositions(record, base) < 0),
    )
    .map(({ place }) => place);
}

function compare(a: Stated, b: Stated): number {
  return comparePositions(a, b) || a.place - b.place;
}

function comparePositions(a: Stated, b: Stated): number {
  return a.epoch - b.epoch || a.position - b.position;
}

/**
 * An erased record says nothing and is below all others; one that cannot be read keeps a key of its
 * own, so that it supersedes nothing and stays.
 */
function stated({ place, key, erased, facts }: Facts): Stated {
  const [documentId, kind, epoch, position] = (
    facts === null ? [null, null, null, null] : JSON.parse(facts)
  ) as [string | null, string | null, number | null, number | null];
  if (erased === 1) {
    return { place, key, documentId: key, facet: false, epoch: -1, position: -1 };
  }
  if (documentId === null || epoch === null) {
    return {
      place,
      key: `${key} at ${place}`,
      documentId: key,
      facet: true,
      epoch: Infinity,
      position: 0,
    };
  }
  return {
    place,
    key,
    documentId,
    facet: kind === "facet",
    epoch,
    position: position ?? offsetOf(place) + 1,
  };
}
