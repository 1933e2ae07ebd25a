/**
 * Which revision a change has. Positions are LSNs, one space for all topics of the source, since they
 * are of one database; a snapshot of everything begins an epoch, of which its rows are position 0.
 *
 *   record                              revision
 *   a change                            the epoch of its time, or its partition's if later; its LSN
 *   a row of a full snapshot            the epoch that this snapshot began, 0
 *   without an LSN                      the epoch of its time, the highest that its partition showed
 *   a change of a time before the       the epoch before: in a partition that is read later, what
 *   snapshot began                      was changed earlier is no news
 *   committed after all that was seen,  a new epoch: the database is another one, or was set back
 *   at an LSN before it
 *   below a truncate of its table       none: it was removed again
 *
 * Everything here is written down with the offsets that were read, so that reading on after a crash
 * gives the same revisions.
 */
import type { Revision } from "@tidemark/domain";
import type { DebeziumEvent, RowEvent, SourcePlace } from "./debezium-event.ts";

export interface StreamEpoch {
  readonly epoch: number;
  /** When the connector handled its first record. */
  readonly fromMs: number;
  /** Which full snapshot began it; null for one that none did. */
  readonly snapshotId: string | null;
}

export interface StreamOrderState {
  /** By age, the newest last. */
  readonly epochs: readonly StreamEpoch[];
  /** By topic and partition, the epoch it has come to, and the highest LSN that it showed. */
  readonly partitions: Readonly<Record<string, { readonly epoch: number; readonly lsn: number }>>;
  /** The highest LSN of a commit, and the latest time of one, that any record or heartbeat showed. */
  readonly seen: { readonly lsn: number; readonly atMs: number };
  /** By table, below which LSN it was emptied, and in which epoch. */
  readonly truncated: Readonly<Record<string, Revision>>;
}

export type EpochReason = "snapshot" | "lost-identity";

export type Verdict =
  /** To be asked again once the epoch was begun. */
  | {
      readonly kind: "new-epoch";
      readonly reason: EpochReason;
      readonly fromMs: number;
      readonly snapshotId: string | null;
    }
  | { readonly kind: "at"; readonly revision: Revision }
  | { readonly kind: "removed" };

type Placed = RowEvent | Extract<DebeziumEvent, { readonly kind: "truncate" }>;

const epochsMax = 8;

export function firstState(epoch: number): StreamOrderState {
  return {
    epochs: [{ epoch, fromMs: 0, snapshotId: null }],
    partitions: {},
    seen: { lsn: 0, atMs: 0 },
    truncated: {},
  };
}

export class StreamOrder {
  #state: StreamOrderState;

  constructor(state: StreamOrderState) {
    this.#state = state;
  }

  get state(): StreamOrderState {
    return this.#state;
  }

  get epoch(): number {
    return this.#state.epochs.at(-1)?.epoch ?? 0;
  }

  beginEpoch(begun: StreamEpoch): void {
    const { epochs, seen } = this.#state;
    const isLost = begun.snapshotId === null;
    this.#state = {
      ...this.#state,
      epochs: [...epochs, begun].slice(-epochsMax),
      // What was seen of another database proves nothing of this one.
      ...(isLost && { partitions: {}, seen: { ...seen, lsn: 0 } }),
    };
  }

  /** Where the event stands; `partition` names the topic too. Nothing is noted of it yet. */
  place(event: Placed, partition: string): Verdict {
    const isRow = event.kind === "row";
    if (isRow && event.snapshotId !== null) return this.#placeSnapshot(event, event.snapshotId);
    const known = this.#state.partitions[partition] ?? { epoch: 0, lsn: 0 };
    const epoch = Math.max(known.epoch, this.#epochAt(event.handledAtMs));
    if (epoch === this.epoch && this.#isLost(event)) {
      const fromMs = event.handledAtMs ?? 0;
      return { kind: "new-epoch", reason: "lost-identity", fromMs, snapshotId: null };
    }
    const position = event.lsn ?? known.lsn;
    const revision = { epoch, position };
    // What was read beside the changes was there when it was read.
    const isChange = isRow && event.snapshot === "none";
    const truncated = isChange ? this.#state.truncated[event.table] : undefined;
    const isRemoved =
      truncated !== undefined &&
      truncated.epoch === revision.epoch &&
      position < truncated.position;
    return isRemoved ? { kind: "removed" } : { kind: "at", revision };
  }

  /** The event is placed: what comes later is compared with it. */
  note(event: Placed, partition: string, revision: Revision): void {
    const { partitions, seen, truncated } = this.#state;
    const before = partitions[partition]?.lsn ?? 0;
    const lsn = Math.max(before, event.lsn ?? 0);
    const isCurrent = revision.epoch === this.epoch;
    this.#state = {
      ...this.#state,
      partitions: { ...partitions, [partition]: { epoch: revision.epoch, lsn } },
      seen: isCurrent
        ? {
            lsn: Math.max(seen.lsn, event.commitLsn ?? 0),
            atMs: Math.max(seen.atMs, event.sourceTimeMs ?? 0),
          }
        : seen,
      truncated: event.kind === "truncate" ? { ...truncated, [event.table]: revision } : truncated,
    };
  }

  /** Everything that was committed before it was sent on. */
  noteHeartbeat(atMs: number): void {
    const { seen } = this.#state;
    this.#state = { ...this.#state, seen: { ...seen, atMs: Math.max(seen.atMs, atMs) } };
  }

  /** Partitions of a topic that was made anew begin anew. */
  forget(isOf: (partition: string) => boolean): void {
    const { partitions } = this.#state;
    const kept = Object.entries(partitions).filter(([partition]) => !isOf(partition));
    this.#state = { ...this.#state, partitions: Object.fromEntries(kept) };
  }

  #placeSnapshot(event: RowEvent, snapshotId: string): Verdict {
    const begun = this.#state.epochs.find((each) => each.snapshotId === snapshotId);
    if (begun) return { kind: "at", revision: { epoch: begun.epoch, position: 0 } };
    const fromMs = event.handledAtMs ?? 0;
    return { kind: "new-epoch", reason: "snapshot", fromMs, snapshotId };
  }

  #epochAt(handledAtMs: number | null): number {
    const { epochs } = this.#state;
    if (handledAtMs === null) return this.epoch;
    const of = epochs.findLast(({ fromMs }) => fromMs <= handledAtMs) ?? epochs[0];
    return of?.epoch ?? 0;
  }

  /**
   * Commits come in order. One that was committed after everything that was seen, and stands before
   * it, is of another database. What a connector sends again after a restart was committed before.
   */
  #isLost({ commitLsn, lsn, sourceTimeMs }: SourcePlace): boolean {
    const { seen } = this.#state;
    if (lsn === null || commitLsn === null || sourceTimeMs === null) return false;
    return sourceTimeMs > seen.atMs && Math.max(lsn, commitLsn) < seen.lsn;
  }
}
