/**
 * How far everything was applied. Markers go through every partition and are passed on only after
 * all earlier offsets are done; what counts is the least over partitions and producers.
 */
import { z } from "zod";

const markerSchema = z.object({
  v: z.literal(1),
  kind: z.literal("marker"),
  source: z.string(),
  producer: z.string(),
  /** Everything the producer observed before this time precedes the marker. */
  completeToMs: z.number(),
});
export type Marker = Omit<z.infer<typeof markerSchema>, "v" | "kind">;

export function encodeMarker(marker: Marker): string {
  return JSON.stringify({ v: 1, kind: "marker", ...marker });
}

/** Null when the record is no marker. Cheap for records that are not. */
export function decodeMarker(value: string): Marker | null {
  if (!value.startsWith('{"v":1,"kind":"marker"')) return null;
  const marker = markerSchema.safeParse(JSON.parse(value));
  if (!marker.success) return null;
  const { source, producer, completeToMs } = marker.data;
  return { source, producer, completeToMs };
}

/** The marker's key on the log, so that compaction keeps the newest of each producer. */
export function markerKey(marker: Marker): string {
  return `marker#${marker.source}#${marker.producer}`;
}

/** A producer so far behind the others of its source has stopped, and has accepted nothing since. */
export const producerSilentMs = 60_000;

export class WatermarkTracker {
  /** By partition, source and producer. */
  readonly #completeTo = new Map<number, Map<string, Map<string, number>>>();

  note(marker: Marker, partition: number): void {
    const sources = getOrMake(this.#completeTo, partition, () => new Map());
    const producers = getOrMake(sources, marker.source, () => new Map<string, number>());
    const before = producers.get(marker.producer) ?? 0;
    producers.set(marker.producer, Math.max(before, marker.completeToMs));
  }

  /**
   * Up to when every one of so many partitions has passed the markers of the source, in milliseconds
   * since 1970; null while some partition has passed none.
   */
  completeTo(source: string, partitions: number): number | null {
    const byProducer = new Map<string, number[]>();
    for (let partition = 0; partition < partitions; partition += 1) {
      const producers = this.#completeTo.get(partition)?.get(source);
      for (const [producer, toMs] of producers ?? []) {
        getOrMake(byProducer, producer, () => []).push(toMs);
      }
    }
    const producers = [...byProducer.values()].map((times) => ({
      least: times.length < partitions ? null : Math.min(...times),
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
    return [...(this.#completeTo.get(partition) ?? [])].flatMap(([source, producers]) =>
      [...producers].map(([producer, completeToMs]) => ({ source, producer, completeToMs })),
    );
  }

  /** Another is responsible for the partition: what was passed there says nothing any more. */
  forget(partition: number): void {
    this.#completeTo.delete(partition);
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
