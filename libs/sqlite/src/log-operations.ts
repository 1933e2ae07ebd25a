/** Appending to the log and reading it. */
import type { Appended, LogRecord, NewRecord } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";
import { offsetOf, partitionOf, placeOf } from "./place.ts";
import { ensureTopic, lanesOf, topicNamed, type Lane, type Topic } from "./topic-operations.ts";

const insertRecord = `insert into record (place, key, value, appended_at) values (?, ?, ?, ?)`;
const updateNextOffset = `update lane set next_offset = ? where lane = ?`;
const selectRecords = `
  select place, key, value, appended_at as appendedAtMs from record
  where place >= ? and place < ? order by place limit ?`;
const selectByKey = `
  select place, key, value, appended_at as appendedAtMs from record
  where key = ? and place >= ? and place < ? order by place desc limit ?`;
const eraseByKey = `
  update record set value = null where key = ? and place >= ? and place < ? and value is not null`;

interface Row {
  readonly place: number;
  readonly key: string;
  readonly value: string | null;
  readonly appendedAtMs: number;
}

export interface Append {
  readonly topic: string;
  /** Of a topic that is made now. */
  readonly partitions: number;
  readonly records: readonly NewRecord[];
  readonly nowMs: number;
}

export function appendRecords(connection: Connection, append: Append): readonly Appended[] {
  const topic = ensureTopic(connection, { name: append.topic, partitions: append.partitions });
  const next = lanesOf(connection, topic).map(({ nextOffset }) => nextOffset);
  const appended = append.records.map((record): Appended => {
    const partition =
      record.partition ?? partitionOf(record.partitionKey ?? record.key, topic.partitions);
    const offset = next[partition];
    if (offset === undefined) {
      throw new RangeError(`${append.topic} has no partition ${partition}`);
    }
    next[partition] = offset + 1;
    const place = placeOf(topic.firstLane + partition, offset);
    connection.run(insertRecord, place, record.key, record.value, append.nowMs);
    return { partition, offset };
  });
  for (const partition of new Set(appended.map((one) => one.partition))) {
    connection.run(updateNextOffset, next[partition] ?? 0, topic.firstLane + partition);
  }
  return appended;
}

export interface ReadFrom {
  readonly topic: string;
  /** Where to begin, by partition; asked in this order, so the first may take all the room. */
  readonly from: readonly { readonly partition: number; readonly offset: number }[];
  readonly recordsMax: number;
  readonly bytesMax: number;
}

export interface ReadResult {
  readonly records: readonly LogRecord[];
  /** By partition: the first offset that retention left. */
  readonly lanes: readonly Lane[];
}

/** The next records from several partitions: at least one where there is any, then up to the bounds. */
export function readNext(connection: Connection, read: ReadFrom): ReadResult {
  const topic = topicNamed(connection, read.topic);
  if (!topic) return { records: [], lanes: [] };
  const lanes = lanesOf(connection, topic);
  const records: LogRecord[] = [];
  let room = read.bytesMax;
  for (const { partition, offset } of read.from) {
    const lane = topic.firstLane + partition;
    const wanted = read.recordsMax - records.length;
    if (wanted <= 0 || (room <= 0 && records.length > 0)) break;
    const [begin, end] = [placeOf(lane, offset), placeOf(lane + 1, 0)];
    for (const row of connection.each<Row>(selectRecords, begin, end, wanted)) {
      room -= bytesOf(row);
      if (room < 0 && records.length > 0) break;
      records.push(recordOf(topic, row));
    }
  }
  return { records, lanes };
}

/** An upper bound of what the record takes in memory is enough, and cheaper than its UTF-8 length. */
function bytesOf(row: Row): number {
  return row.key.length + (row.value?.length ?? 0);
}

export interface ReadRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly recordsMax: number;
}

export function readRange(connection: Connection, range: ReadRange): readonly LogRecord[] {
  const topic = topicNamed(connection, range.topic);
  if (!topic || range.partition < 0 || range.partition >= topic.partitions) return [];
  const lane = topic.firstLane + range.partition;
  const end = Math.min(placeOf(lane, range.to), placeOf(lane + 1, 0));
  return connection
    .all<Row>(selectRecords, placeOf(lane, range.from), end, range.recordsMax)
    .map((row) => recordOf(topic, row));
}

export interface ByKeys {
  readonly topic: string;
  readonly keys: readonly string[];
  readonly recordsMax: number;
}

/** The newest records of these keys, newest first within a partition. */
export function recordsByKeys(connection: Connection, wanted: ByKeys): readonly LogRecord[] {
  const topic = topicNamed(connection, wanted.topic);
  if (!topic) return [];
  const [begin, end] = stretchOf(topic);
  return wanted.keys
    .flatMap((key) => connection.all<Row>(selectByKey, key, begin, end, wanted.recordsMax))
    .sort((a, b) => b.place - a.place)
    .slice(0, wanted.recordsMax)
    .map((row) => recordOf(topic, row));
}

/** Takes the values of these keys' records away; the records stay, so that offsets do. */
export function eraseRecords(
  connection: Connection,
  erase: { readonly topic: string; readonly keys: readonly string[] },
): number {
  const topic = topicNamed(connection, erase.topic);
  if (!topic) return 0;
  const [begin, end] = stretchOf(topic);
  return erase.keys.reduce((sum, key) => sum + connection.run(eraseByKey, key, begin, end), 0);
}

function stretchOf(topic: Topic): readonly [begin: number, end: number] {
  return [placeOf(topic.firstLane, 0), placeOf(topic.firstLane + topic.partitions, 0)];
}

function recordOf(topic: Topic, row: Row): LogRecord {
  const offset = offsetOf(row.place);
  return {
    topic: topic.name,
    partition: Math.round((row.place - placeOf(topic.firstLane, offset)) / placeOf(1, 0)),
    offset,
    key: row.key,
    value: row.value,
    appendedAtMs: row.appendedAtMs,
  };
}
