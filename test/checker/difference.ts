/** What the checker can find to be wrong: one word a kind, so that they can be counted. */
export type DifferenceKind =
  /** In the source and not in the index, or there without an end to its handling. */
  | "missing"
  /** In the index and not in the source. */
  | "unexpected"
  | "chunks"
  | "text"
  | "heading"
  | "vector"
  /** A live point that is not stored, or under another id. */
  | "point"
  | "permissions"
  | "tenant"
  | "metadata"
  | "archived"
  | "content"
  | "standing"
  /** A write was acknowledged, and the document never came so far. */
  | "lost-write"
  | "search";

export interface Difference {
  readonly kind: DifferenceKind;
  /** The document's id, or the question that was answered differently. */
  readonly subject: string;
  readonly detail: string;
}
