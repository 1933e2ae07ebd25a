/** A document as the first look of an audit has it: a digest from each side, compared in pairs. */
import { chainDigest, differingKeys, rangeDigest, type Leaf } from "./audit-ranges.ts";
import { compareKeys } from "./reconcile.ts";

export interface AuditRow {
  readonly id: string;
  /** By the source's listing; null where it lists no such document. */
  readonly listed: string | null;
  /** By `mutations`: what a listing should say, null for a deleted document, and the whole state. */
  readonly logged: { readonly listed: string | null; readonly seen: string } | null;
  /** By its manifest: the state, and the points that should be stored; null for none. */
  readonly index: {
    readonly seen: string;
    readonly live: string | null;
    readonly sound: boolean;
  } | null;
  /** By the points themselves. */
  readonly points: string | null;
}

export const auditSides = ["source", "log", "index", "points"] as const;
export type AuditSide = (typeof auditSides)[number];
export type SideDigests = Readonly<Record<AuditSide, string>>;

export const noDigests: SideDigests = { source: "", log: "", index: "", points: "" };

export interface RowsComparison {
  /** Documents in which two sides differ, or the index differs from itself. */
  readonly suspects: readonly string[];
  readonly compared: number;
  readonly digests: SideDigests;
}

/** Compares a range of documents in key order. What cannot be listed is compared without it. */
export function compareRows(
  rows: readonly AuditRow[],
  { isListed }: { readonly isListed: boolean },
): RowsComparison {
  const side = (digestOf: (row: AuditRow) => string | null | undefined): Leaf[] =>
    rows.flatMap((row) => {
      const digest = digestOf(row);
      return typeof digest === "string" ? [{ key: row.id, digest }] : [];
    });
  const listed = side((row) => row.listed);
  const logged = side((row) => row.logged?.seen);
  const index = side((row) => row.index?.seen);
  const points = side((row) => row.points);
  const pairs = [
    ...(isListed ? [[listed, side((row) => row.logged?.listed)] as const] : []),
    [logged, index] as const,
    [side((row) => row.index?.live), points] as const,
  ].map(([left, right]) => differingKeys(left, right));
  const unsound = rows.filter((row) => row.index?.sound === false).map(({ id }) => id);
  const suspects = new Set([...pairs.flatMap(({ keys }) => keys), ...unsound]);
  return {
    suspects: [...suspects].sort(compareKeys),
    compared: pairs.reduce((sum, pair) => sum + pair.compared, 0),
    digests: {
      source: rangeDigest(listed),
      log: rangeDigest(logged),
      index: rangeDigest(index),
      points: rangeDigest(points),
    },
  };
}

/** The digests of ranges that follow one another, as one of all. */
export function chainDigests(before: SideDigests, next: SideDigests): SideDigests {
  const chained = auditSides.map((side) => [side, chainDigest(before[side], next[side])]);
  return Object.fromEntries(chained) as SideDigests;
}
