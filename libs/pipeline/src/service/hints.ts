/** Publishing hints and markers: what a source's watcher, its scan and a repair have in common. */
import { encodeHint, encodeMarker, markerKey, type Hint, type Marker } from "@tidemark/domain";
import type { Appended, EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { hintsTopic, resolverGroup } from "../topics.ts";

export const hintBatchMax = 500;
/** Well within what the resolver reads ahead, so that it always sees what is urgent among them. */
const hintsAheadMax = 10_000;
const roomPollMs = 200;

/**
 * Resolves when fewer hints wait than the resolver reads ahead, or at the signal. For hints by the
 * thousand that nobody waits for: what is deleted meanwhile must not come behind all of them.
 */
export async function untilRoom(
  { clock, log }: { readonly clock: Clock; readonly log: EventLog },
  signal?: AbortSignal,
): Promise<void> {
  while ((await log.lag(hintsTopic, resolverGroup)) >= hintsAheadMax) {
    await clock.sleep(roomPollMs, signal);
    if (signal?.aborted) return;
  }
}

/** Where each of them is on the log, in their order; `durable` where nobody will tell them again. */
export async function publishHints(
  log: EventLog,
  hints: readonly Hint[],
  options: { readonly durable?: boolean } = {},
): Promise<readonly Appended[]> {
  const appended: Appended[] = [];
  for (let at = 0; at < hints.length; at += hintBatchMax) {
    const batch = hints
      .slice(at, at + hintBatchMax)
      .map((hint) => ({ key: hint.documentId, value: encodeHint(hint), trace: hint.trace }));
    appended.push(...(await log.append(hintsTopic, batch, options)));
  }
  return appended;
}

/** A source's marker goes through every partition. */
export async function publishMarker(log: EventLog, topic: string, marker: Marker): Promise<void> {
  const { partitions } = await log.identity(topic);
  const to = Array.from({ length: partitions }, (_, partition) => partition);
  await appendMarker(log, topic, { marker, to });
}

/** Into the same partitions as whatever it comes behind. */
export async function appendMarker(
  log: EventLog,
  topic: string,
  { marker, to }: { readonly marker: Marker; readonly to: readonly number[] },
): Promise<void> {
  await log.append(
    topic,
    to.map((partition) => ({ key: markerKey(marker), value: encodeMarker(marker), partition })),
  );
}
