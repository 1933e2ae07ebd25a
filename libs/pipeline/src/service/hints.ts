/** Publishing hints and markers: what a source's watcher, its scan and a repair have in common. */
import { encodeHint, encodeMarker, markerKey, type Hint, type Marker } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import { hintsTopic } from "../topics.ts";

export const hintBatchMax = 500;

export async function publishHints(log: EventLog, hints: readonly Hint[]): Promise<void> {
  for (let at = 0; at < hints.length; at += hintBatchMax) {
    await log.append(
      hintsTopic,
      hints
        .slice(at, at + hintBatchMax)
        .map((hint) => ({ key: hint.documentId, value: encodeHint(hint) })),
    );
  }
}

/** A marker goes through every partition. */
export async function publishMarker(log: EventLog, topic: string, marker: Marker): Promise<void> {
  const { partitions } = await log.identity(topic);
  await log.append(
    topic,
    Array.from({ length: partitions }, (_, partition) => ({
      key: markerKey(marker),
      value: encodeMarker(marker),
      partition,
    })),
  );
}
