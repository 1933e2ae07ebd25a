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

export class WatermarkTracker {
  readonly #partitions: number;
  readonly #completeTo = new Map<string, Map<string, Map<number, number>>>();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  note(marker: Marker, partition: number): void {
    const producers = getOrMake(this.#completeTo, marker.source, () => new Map());
    const partitions = getOrMake(producers, marker.producer, () => new Map<number, number>());
    const before = partitions.get(partition) ?? 0;
    partitions.set(partition, Math.max(before, marker.completeToMs));
  }

  /** Milliseconds since 1970, or null while some partition has passed no marker. */
  completeTo(source: string): number | null {
    const producers = this.#completeTo.get(source);
    if (!producers) return null;
    const times = [...producers.values()].map((partitions) =>
      partitions.size < this.#partitions ? null : Math.min(...partitions.values()),
    );
    return times.some((time) => time === null) ? null : Math.min(...(times as number[]));
  }

  /** A producer that will never send again must not hold the others back. */
  forget(source: string, producer: string): void {
    this.#completeTo.get(source)?.delete(producer);
  }

  sources(): readonly string[] {
    return [...this.#completeTo.keys()];
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
