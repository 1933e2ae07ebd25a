/**
 * How far each consumer group has come. The log's acknowledged offsets and the index's progress
 * are one table: a commit moves it in the transaction of the document itself.
 */
import type { Progress } from "@tidemark/pipeline";
import type { Connection } from "./connection.ts";

const raise = `
  insert into progress (topic, consumer, partition, next_offset) values (?, ?, ?, ?)
  on conflict do update set next_offset = max(next_offset, excluded.next_offset)`;
const raiseFrom = `
  update progress set next_offset = max(next_offset, ?)
  where topic = ? and consumer = ? and partition = ? and next_offset >= ?`;
const set = `
  insert into progress (topic, consumer, partition, next_offset) values (?, ?, ?, ?)
  on conflict do update set next_offset = excluded.next_offset`;
const selectProgress = `
  select partition, next_offset as offset from progress where topic = ? and consumer = ?`;

/** Never goes back; what is not as far as it is said to be stays where it is. */
export function raiseProgress(connection: Connection, progress: readonly Progress[]): void {
  for (const { topic, group, partition, offset, from = 0 } of progress) {
    if (from > 0) connection.run(raiseFrom, offset, topic, group, partition, from);
    else connection.run(raise, topic, group, partition, offset);
  }
}

/** May go back: only for a group that is to read again. */
export function setProgress(connection: Connection, progress: readonly Progress[]): void {
  for (const { topic, group, partition, offset } of progress) {
    connection.run(set, topic, group, partition, offset);
  }
}

export function readProgress(
  connection: Connection,
  { topic, group }: { readonly topic: string; readonly group: string },
): readonly { readonly partition: number; readonly offset: number }[] {
  return connection.all(selectProgress, topic, group);
}
