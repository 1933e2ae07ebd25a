/**
 * How far everything was applied. Markers go through every partition and are passed on only after
 * all earlier offsets are done; what counts is the least over partitions and producers.
 */
import { z } from "zod";
import type { SourceName } from "./ids.ts";

const markerSchema = z.object({
  v: z.literal(1),
  kind: z.literal("marker"),
  source: z.string(),
  producer: z.string(),
  /** Everything the producer observed before this time precedes the marker. */
  completeToMs: z.number(),
  /** One of so many that say so together: of the partitions that it was passed on from. */
  part: z.object({ at: z.int(), of: z.int() }).optional(),
});
export type Marker = Omit<z.infer<typeof markerSchema>, "v" | "kind">;

/**
 * Under which name markers of a listed source say what its events told of: that is less than what a
 * scan proves, and is never taken for it. No source may be called so.
 */
export function heardOf(source: SourceName): SourceName {
  return `${source}#heard` as SourceName;
}

export function encodeMarker(marker: Marker): string {
  return JSON.stringify({ v: 1, kind: "marker", ...marker });
}

/** Null when the record is no marker. Cheap for records that are not. */
export function decodeMarker(value: string): Marker | null {
  if (!value.startsWith('{"v":1,"kind":"marker"')) return null;
  const marker = markerSchema.safeParse(JSON.parse(value));
  if (!marker.success) return null;
  const { source, producer, completeToMs, part } = marker.data;
  return { source, producer, completeToMs, ...(part && { part }) };
}

/** The marker's key on the log, so that compaction keeps the newest of each producer. */
export function markerKey(marker: Marker): string {
  return `marker#${marker.source}#${speakerOf(marker)}`;
}

/**
 * What a stage takes a marker for, at the time it reads it: a producer whose clock is ahead claims no
 * more than up to now, or others would seem to have stopped, and nothing could ever be late.
 */
export function notAhead(marker: Marker, nowMs: number): Marker {
  return marker.completeToMs > nowMs ? { ...marker, completeToMs: nowMs } : marker;
}

function speakerOf({ part, producer }: Marker): string {
  return part ? `${producer}#${part.at}/${part.of}` : producer;
}

/**
 * What a stage that has passed a marker in one partition writes, and where.
 *
 *   partitions read and written   the documents of one partition go       written
 *   as many                       to the one of the same number           there, as it is
 *   not as many                   to any                                  to all, as a part of what
 *                                                                         every partition says
 */
export function passedOn(
  marker: Marker,
  {
    partition,
    partitions,
    written,
  }: { readonly partition: number; readonly partitions: number; readonly written: number },
): { readonly marker: Marker; readonly to: readonly number[] } {
  if (partitions === written) return { marker, to: [partition] };
  const { at, of } = marker.part ?? { at: 0, of: 1 };
  const part = { at: at * partitions + partition, of: of * partitions };
  return { marker: { ...marker, part }, to: Array.from({ length: written }, (_, each) => each) };
}

/** A producer so far behind the others of its source has stopped, and has accepted nothing since. */
export const producerSilentMs = 60_000;

export class WatermarkTracker {
  /** By partition, source and who says so. */
  readonly #passed = new Map<number, Map<string, Map<string, Marker>>>();

  /** @param nowMs what is kept of later than this is from before a clock stepped back, and gives way */
  note(marker: Marker, partition: number, nowMs = Number.POSITIVE_INFINITY): void {
    const sources = getOrMake(this.#passed, partition, () => new Map());
    const speakers = getOrMake(sources, marker.source, () => new Map<string, Marker>());
    const speaker = speakerOf(marker);
    const before = speakers.get(speaker);
    const isFuture = before !== undefined && before.completeToMs > nowMs;
    if (!before || isFuture || before.completeToMs < marker.completeToMs) {
      speakers.set(speaker, marker);
    }
  }

  /**
   * Up to when every one of so many partitions has passed the markers of the source, in milliseconds
   * since 1970; null while some partition has passed none.
   */
  completeTo(source: string, partitions: number): number | null {
    const byProducer = new Map<string, { readonly needed: number; readonly times: number[] }>();
    for (let partition = 0; partition < partitions; partition += 1) {
      for (const marker of this.#passed.get(partition)?.get(source)?.values() ?? []) {
        const parts = marker.part?.of ?? 1;
        getOrMake(byProducer, `${marker.producer}#${parts}`, () => ({
          needed: parts * partitions,
          times: [],
        })).times.push(marker.completeToMs);
      }
    }
    const producers = [...byProducer.values()].map(({ needed, times }) => ({
      least: times.length < needed ? null : Math.min(...times),
      newest: Math.max(...times),
    }));
    const newestOfAll = Math.max(...producers.map(({ newest }) => newest));
    // One that has sent for a while and then no more must not hold the others back for ever.
    const speaking = producers.flatMap(({ least, newest }) =>
      newestOfAll - newest <= producerSilentMs ? [least] : [],
    );
    const isKnown = speaking.length > 0 && speaking.every((least) => least !== null);
    return isKnown ? Math.min(...speaking) : null;
  }

  /** What was passed in a partition, to tell it to others. */
  passed(partition: number): readonly Marker[] {
    return [...(this.#passed.get(partition)?.values() ?? [])].flatMap((speakers) => [
      ...speakers.values(),
    ]);
  }

  /** Another is responsible for the partition: what was passed there says nothing any more. */
  forget(partition: number): void {
    this.#passed.delete(partition);
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
