/** The partitions that a member holds, and what was fetched of them. */
import type { LogRecord, OffsetOutOfRangeError } from "@tidemark/pipeline";
import { RecordBuffer } from "./record-buffer.ts";
import { Terms, type Membership } from "./terms.ts";

/** Where the next fetch begins. */
export type Place =
  /** Where the group has got to, which is to be asked. */
  | { readonly kind: "unknown" }
  /** An offset that may not be there. */
  | { readonly kind: "unproved"; readonly offset: number }
  | { readonly kind: "proved"; readonly offset: number }
  /** Nothing is fetched until somebody decides where to go on. */
  | { readonly kind: "lost"; readonly error: OffsetOutOfRangeError };

/** Replaced whenever its partition is held for another term. */
export interface HeldPartition {
  readonly partition: number;
  readonly term: number;
  place: Place;
  buffer: RecordBuffer;
  /** What the group has acknowledged; null until it is known. */
  acknowledged: number | null;
}

export interface TakeBounds {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

export class HeldPartitions {
  readonly #terms = new Terms();
  /** What their offsets are offsets of; null until it was looked at. */
  topicId: string | null = null;
  #held: ReadonlyMap<number, HeldPartition> = new Map();
  /** Turns, so that no partition starves another. */
  #first = 0;

  get terms(): ReadonlyMap<number, number> {
    return this.#terms.current;
  }

  get all(): readonly HeldPartition[] {
    return [...this.#held.values()];
  }

  get bytes(): number {
    return this.all.reduce((sum, { buffer }) => sum + buffer.bytes, 0);
  }

  get(partition: number): HeldPartition | undefined {
    return this.#held.get(partition);
  }

  /** Whether this is what is held still, and not what was held for a term before. */
  isCurrent(held: HeldPartition): boolean {
    return this.#held.get(held.partition) === held;
  }

  joined(membership: Membership): void {
    this.#terms.joined(membership);
    this.#follow();
  }

  /** What was known is void: everything begins anew, under other terms. */
  renew(): void {
    this.#terms.renew();
    this.#follow();
  }

  rewind(held: HeldPartition, offset: number): void {
    held.place = { kind: "unproved", offset };
    held.buffer = new RecordBuffer();
  }

  /** The next records: at least one where there is any, then up to the bounds. */
  take({ bytesMax, recordsMax }: TakeBounds): readonly LogRecord[] {
    const taken: LogRecord[] = [];
    let bytes = 0;
    const all = this.all;
    for (let turn = 0; turn < all.length && taken.length < recordsMax; turn += 1) {
      const buffer = all[(this.#first + turn) % all.length]?.buffer;
      for (let next = buffer?.first; next && taken.length < recordsMax; next = buffer?.first) {
        bytes += sizeOf(next);
        if (bytes > bytesMax && taken.length > 0) return this.#turned(taken);
        buffer?.take();
        taken.push(next);
      }
    }
    return this.#turned(taken);
  }

  #turned(taken: readonly LogRecord[]): readonly LogRecord[] {
    if (taken.length > 0) this.#first = (this.#first + 1) % Math.max(1, this.#held.size);
    return taken;
  }

  #follow(): void {
    this.#held = new Map(
      [...this.#terms.current].map(([partition, term]) => {
        const held = this.#held.get(partition);
        return [partition, held?.term === term ? held : newlyHeld(partition, term)];
      }),
    );
  }
}

function newlyHeld(partition: number, term: number): HeldPartition {
  const place = { kind: "unknown" } as const;
  return { partition, term, place, buffer: new RecordBuffer(), acknowledged: null };
}

/** What a caller counts: the texts, as the memory adapter does. */
function sizeOf({ key, value }: LogRecord): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value ?? "");
}
