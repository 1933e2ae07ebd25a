/**
 * Where a group stands in each partition: what was started, what is done, which markers wait for
 * all before them.
 */
import { ProgressTracker, type Marker } from "@tidemark/domain";
import type { LogRecord } from "../ports/event-log.ts";

interface WaitingMarker {
  readonly offset: number;
  readonly marker: Marker;
}

export class PartitionOffsets {
  readonly #trackers = new Map<number, ProgressTracker>();
  readonly #markers = new Map<number, WaitingMarker[]>();

  /** False for a record that was started before: a log may deliver again what is in the air. */
  start({ partition, offset }: LogRecord): boolean {
    let tracker = this.#trackers.get(partition);
    if (!tracker) {
      tracker = new ProgressTracker(offset);
      this.#trackers.set(partition, tracker);
    }
    if (tracker.hasStarted(offset)) return false;
    tracker.start(offset);
    return true;
  }

  complete({ partition, offset }: LogRecord): void {
    this.#trackers.get(partition)?.complete(offset);
  }

  /** The offsets that could be acknowledged if these records were done, by partition. */
  completing(records: Iterable<LogRecord>): ReadonlyMap<number, number> {
    const byPartition = new Map<number, number[]>();
    for (const { partition, offset } of records) {
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

  hold({ partition, offset }: LogRecord, marker: Marker): void {
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
