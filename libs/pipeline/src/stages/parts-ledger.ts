/**
 * What became of a document's chunks over its parts, for the receipt and for the list. Kept in
 * memory alone: after a crash the counts are those of the parts that came again.
 */
import {
  digestOf,
  formatRevision,
  type PlacedChunk,
  type Point,
  type PointDigest,
} from "@tidemark/domain";
import { documentOf, type ChunkPart } from "../chunk-record.ts";
import type { Vectors } from "./vectors-for.ts";

interface Tally {
  readonly kept: Set<PointDigest>;
  readonly put: Set<PointDigest>;
  readonly reused: Set<PointDigest>;
  readonly refused: Set<PointDigest>;
  removed: number;
  tokens: number;
  cost: number;
}

export interface ChunkCounts {
  readonly kept: number;
  readonly reused: number;
  readonly embedded: number;
  readonly removed: number;
  readonly failed: number;
}

export interface WorkDone {
  readonly chunks: ChunkCounts;
  readonly tokens: number;
  readonly cost: number;
}

/** Documents in the air are few; what a crash or a superseding revision leaves is dropped here. */
const talliesMax = 10_000;

export class PartsLedger {
  readonly #tallies = new Map<string, Tally>();

  /** Each embedded text is paid for by the first document that needed it. */
  noteParts(
    part: ChunkPart,
    done: { readonly kept: readonly PlacedChunk[]; readonly put: readonly Point[] },
    vectors: Vectors,
  ): void {
    const tally = this.#of(part);
    for (const chunk of done.kept) tally.kept.add(chunk.digest);
    for (const point of done.put) {
      tally.put.add(digestOf(point.id));
      const bill = vectors.billed.get(point.textHash);
      if (!bill) continue;
      tally.tokens += bill.tokens;
      tally.cost += bill.cost;
      vectors.billed.delete(point.textHash);
    }
  }

  noteRemoved(part: ChunkPart, removed: number): void {
    this.#of(part).removed = removed;
  }

  reused(part: ChunkPart, digest: PointDigest): void {
    this.#of(part).reused.add(digest);
  }

  /** What was refused in an earlier try may be embedded now. */
  noteRefused(
    part: ChunkPart,
    placed: readonly PlacedChunk[],
    isRefused: (chunk: PlacedChunk) => boolean,
  ): void {
    const { refused } = this.#of(part);
    for (const chunk of placed) {
      if (isRefused(chunk)) refused.add(chunk.digest);
      else refused.delete(chunk.digest);
    }
  }

  refusedOf(part: ChunkPart): ReadonlySet<PointDigest> {
    return this.#of(part).refused;
  }

  /** Whether any part of this revision wrote points. */
  forget(part: ChunkPart): boolean {
    const key = keyOf(part);
    const wrote = (this.#tallies.get(key)?.put.size ?? 0) > 0;
    this.#tallies.delete(key);
    return wrote || part.parts > 1;
  }

  take(part: ChunkPart): WorkDone {
    const { kept, put, reused, refused, removed, tokens, cost } = this.#of(part);
    this.#tallies.delete(keyOf(part));
    const reusedCount = [...reused].filter((digest) => put.has(digest)).length;
    return {
      chunks: {
        kept: kept.size,
        reused: reusedCount,
        embedded: put.size - reusedCount,
        removed,
        failed: refused.size,
      },
      tokens,
      cost,
    };
  }

  #of(part: ChunkPart): Tally {
    const key = keyOf(part);
    const found = this.#tallies.get(key);
    if (found) return found;
    const tally: Tally = {
      kept: new Set(),
      put: new Set(),
      reused: new Set(),
      refused: new Set(),
      removed: 0,
      tokens: 0,
      cost: 0,
    };
    this.#tallies.set(key, tally);
    const oldest = this.#tallies.keys().next();
    if (this.#tallies.size > talliesMax && !oldest.done) this.#tallies.delete(oldest.value);
    return tally;
  }
}

function keyOf(part: ChunkPart): string {
  return `${documentOf(part)} ${formatRevision(part.mutation.revision)}`;
}
