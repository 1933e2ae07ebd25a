import type { EventLog } from "../ports/event-log.ts";

/**
 * Whether a group has done all that a topic holds below these offsets. What it has acknowledged may
 * stay below for good: the last records before an end may be gone, and nobody acknowledges those.
 */
export async function hasPassed(
  log: EventLog,
  { group, topic }: { readonly group: string; readonly topic: string },
  ends: ReadonlyMap<number, number>,
): Promise<boolean> {
  const acknowledged = await log.acknowledged(topic, group);
  for (const [partition, to] of ends) {
    const from = acknowledged.get(partition) ?? 0;
    if (from >= to) continue;
    const left = await log.read(topic, partition, { from, to, recordsMax: 1 });
    if (left.length > 0) return false;
  }
  return true;
}
