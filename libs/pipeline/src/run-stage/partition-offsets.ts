/**
 * Where a group stands in each partition: what was started, what is done, which markers wait for
 * all before them.
 */
import { ProgressTracker, type Marker } from "@tidemark/domain";
import type { RecordPlace } from "../ports/event-log.ts";

interface WaitingMarker {
  readonly offset: number;
  readonly marker: Marker;
}

export class PartitionOffsets {
  readonly #trackers = new Map<number, ProgressTracker>();
  readonly #markers = new Map<number, WaitingMarker[]>();
  /** What a record counts for when it is done, whatever became of its partition since. */
  readonly #trackerOf = new WeakMap<RecordPlace, ProgressTracker>();
  #held: ReadonlyMap<number, number> = new Map();

  /** Forgets partitions that are held no more, or for another term: they begin anew. */
  hold(held: ReadonlyMap<number, number>): readonly number[] {
    const lost = [...this.#held].flatMap(([partition, term]) =>
      held.get(partition) === term ? [] : [partition],
    );
    for (const partition of lost) {
      this.#trackers.delete(partition);
      this.#markers.delete(partition);
    }
    this.#held = held;
    return lost;
  }

  /** False for a record that was started before: a log may deliver again what is in the air. */
  start(record: RecordPlace): boolean {
    const { partition, offset } = record;
    let tracker = this.#trackers.get(partition);
    if (!tracker) {
      tracker = new ProgressTracker(offset);
      this.#trackers.set(partition, tracker);
    }
    if (tracker.hasStarted(offset)) return false;
    tracker.start(offset);
    this.#trackerOf.set(record, tracker);
    return true;
  }

  complete(record: RecordPlace): void {
    this.#trackerOf.get(record)?.complete(record.offset);
  }

  /** The offsets that could be acknowledged if these records were done, by partition. */
  completing(records: Iterable<RecordPlace>): ReadonlyMap<number, number> {
    const byPartition = new Map<number, number[]>();
    for (const record of records) {
      const { partition, offset } = record;
      if (this.#trackerOf.get(record) !== this.#trackers.get(partition)) continue;
      const offsets = byPartition.get(partition);
      if (offsets) offsets.push(offset);
      else byPartition.set(partition, [offset]);
    }
    return new Map(
      [...byPartition].map(([partition, offsets]) => [
        partition,
        this.#trackers.get(partition)?.completing(offsets) ?? 0,
      ]),
    );
  }

  /** What may be acknowledged now, by partition. */
  *safe(): Generator<readonly [number, number]> {
    for (const [partition, tracker] of this.#trackers) yield [partition, tracker.next];
  }

  await({ partition, offset }: RecordPlace, marker: Marker): void {
    const markers = this.#markers.get(partition);
    if (markers) markers.push({ offset, marker });
    else this.#markers.set(partition, [{ offset, marker }]);
  }

  /** Passes on the markers before which everything is done, in order, until `pass` says false. */
  async passMarkers(pass: (marker: Marker, partition: number) => Promise<boolean>): Promise<void> {
    for (const [partition, markers] of this.#markers) {
      const tracker = this.#trackers.get(partition);
      if (!tracker) continue;
      for (let next = markers[0]; next && tracker.isDoneBefore(next.offset); next = markers[0]) {
        if (!(await pass(next.marker, partition))) return;
        tracker.complete(next.offset);
        markers.shift();
      }
    }
  }
}
