/**
 * Two sides of a comparison as digests of key ranges: where the digests of a range agree, nothing in
 * it is looked at; where they differ, its halves are compared, down to single keys.
 */
import { createHash } from "node:crypto";
import { compareKeys } from "./reconcile.ts";

/** What one side says of a key, as a digest. */
export interface Leaf {
  readonly key: string;
  readonly digest: string;
}

export interface RangeComparison {
  /** In order: of the keys that both sides have or one of them has. */
  readonly keys: readonly string[];
  /** Pairs of ranges whose digests were compared. */
  readonly compared: number;
}

interface Span {
  readonly leaves: readonly Leaf[];
  readonly from: number;
  readonly to: number;
}

/** Of leaves in key order; 32 hex digits. */
export function rangeDigest(leaves: readonly Leaf[]): string {
  return digestOfSpan({ leaves, from: 0, to: leaves.length });
}

/** Chains the digests of ranges that follow one another to one of all of them. */
export function chainDigest(before: string, digest: string): string {
  return createHash("sha256").update(before).update(digest).digest("hex").slice(0, digestLength);
}

/** The keys whose digests differ. Both sides are in key order and name a key once. */
export function differingKeys(left: readonly Leaf[], right: readonly Leaf[]): RangeComparison {
  const keys: string[] = [];
  let compared = 0;
  descend({ leaves: left, from: 0, to: left.length }, { leaves: right, from: 0, to: right.length });
  return { keys, compared };

  function descend(one: Span, other: Span): void {
    compared += 1;
    if (digestOfSpan(one) === digestOfSpan(other)) return;
    const longer = sizeOf(one) >= sizeOf(other) ? one : other;
    if (sizeOf(longer) <= 1) {
      const found = [one, other].flatMap(({ leaves, from, to }) => leaves.slice(from, to));
      keys.push(...[...new Set(found.map(({ key }) => key))].sort(compareKeys));
      return;
    }
    const pivot = longer.leaves[longer.from + Math.floor(sizeOf(longer) / 2)]?.key ?? "";
    const [oneAt, otherAt] = [firstNotBefore(one, pivot), firstNotBefore(other, pivot)];
    descend({ ...one, to: oneAt }, { ...other, to: otherAt });
    descend({ ...one, from: oneAt }, { ...other, from: otherAt });
  }
}

const digestLength = 32;

function sizeOf({ from, to }: Span): number {
  return to - from;
}

function digestOfSpan({ from, leaves, to }: Span): string {
  const hash = createHash("sha256");
  for (let at = from; at < to; at += 1) {
    const { digest = "", key = "" } = leaves[at] ?? {};
    hash
      .update(`${Buffer.byteLength(key)}:`)
      .update(key)
      .update(digest);
  }
  return hash.digest("hex").slice(0, digestLength);
}

function firstNotBefore({ from, leaves, to }: Span, pivot: string): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(leaves[middle]?.key ?? "", pivot) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
