/** Topics and their partitions: made at first use, with an identity that is stored. */
import { randomUUID } from "node:crypto";
import type { Connection } from "./connection.ts";
import { lanesMax } from "./place.ts";

export interface Topic {
  readonly name: string;
  readonly id: string;
  readonly firstLane: number;
  readonly partitions: number;
}

export interface Lane {
  readonly lane: number;
  readonly nextOffset: number;
  readonly beginOffset: number;
  readonly compactedOffset: number;
}

const selectTopic = `
  select name, id, first_lane as firstLane, partitions from topic where name = ?`;
const selectTopics = `
  select name, id, first_lane as firstLane, partitions from topic order by name`;
const insertTopic = `insert into topic (name, id, first_lane, partitions) values (?, ?, ?, ?)`;
const insertLane = `insert into lane default values`;
const selectLanes = `
  select lane, next_offset as nextOffset, begin_offset as beginOffset,
    compacted_offset as compactedOffset
  from lane where lane >= ? and lane < ? order by lane`;
const deleteTopic = `delete from topic where name = ?`;
const deleteProgress = `delete from progress where topic = ?`;
const updateTopicId = `update topic set id = ? where name = ?`;

export function topicNamed(connection: Connection, name: string): Topic | undefined {
  return connection.get<Topic>(selectTopic, name);
}

export function listTopics(connection: Connection, _none: null): readonly Topic[] {
  return connection.all<Topic>(selectTopics);
}

/** The topic, made with so many partitions when it is not there. */
export function ensureTopic(
  connection: Connection,
  { name, partitions }: { readonly name: string; readonly partitions: number },
): Topic {
  const known = topicNamed(connection, name);
  if (known) return known;
  let firstLane = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const lane = connection.insert(insertLane);
    if (lane >= lanesMax) throw new RangeError(`more than ${lanesMax} partitions were ever made`);
    if (partition === 0) firstLane = lane;
  }
  connection.run(insertTopic, name, randomUUID(), firstLane, partitions);
  return { ...(topicNamed(connection, name) as Topic) };
}

export function lanesOf(connection: Connection, topic: Topic): readonly Lane[] {
  return connection.all<Lane>(selectLanes, topic.firstLane, topic.firstLane + topic.partitions);
}

/** The lanes of a topic by name; none when it was never written. */
export function topicLanes(connection: Connection, name: string): readonly Lane[] {
  const topic = topicNamed(connection, name);
  return topic ? lanesOf(connection, topic) : [];
}

/** Its records are to be trimmed before. Lanes are never used again, nor are their places. */
export function dropTopic(connection: Connection, name: string): void {
  connection.run(deleteProgress, name);
  connection.run(deleteTopic, name);
}

/** A restored log is another log: whoever compares identities begins a new epoch. */
export function renewTopicIds(connection: Connection): void {
  for (const { name } of listTopics(connection, null))
    connection.run(updateTopicId, randomUUID(), name);
}
