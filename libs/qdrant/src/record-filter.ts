/**
 * Which records are meant. Points, manifests and the rest share a collection, so a filter that
 * reaches the server always says of which kind, and is made here and nowhere else.
 */
import type { DocumentId, Revision } from "@tidemark/domain";
import type { GuardKey, PayloadKey } from "./payload-indexes.ts";

export type RecordKind = "point" | "manifest" | "progress" | "generation" | "probe";

export interface Range {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

type NestedKey<K extends PayloadKey> = K extends `${infer Outer}[].${string}` ? Outer : never;
type InnerKey<K extends PayloadKey> = K extends `${string}[].${infer Inner}` ? Inner : never;

type FieldCondition<Key extends string> =
  | { readonly key: Key; readonly match: { readonly value: string | number | boolean } }
  | { readonly key: Key; readonly match: { readonly any: readonly string[] } }
  | { readonly key: Key; readonly range: Range };

export type Condition<Key extends GuardKey = PayloadKey> =
  | FieldCondition<Key>
  | { readonly has_id: readonly string[] }
  | {
      readonly nested: {
        readonly key: NestedKey<PayloadKey>;
        readonly filter: { readonly must: readonly FieldCondition<InnerKey<PayloadKey>>[] };
      };
    }
  | Clauses<Key>;

export interface Clauses<Key extends GuardKey = PayloadKey> {
  readonly must?: readonly Condition<Key>[];
  readonly should?: readonly Condition<Key>[];
  readonly must_not?: readonly Condition<Key>[];
}

/** The condition of a write: asked of no other records than those it writes. */
export type Guard = Clauses<GuardKey>;

declare const ofOneKind: unique symbol;
/** A filter that says which kind of records it is about. */
export type RecordFilter = Clauses & { readonly [ofOneKind]: true };

export function recordsOf(kind: RecordKind, clauses: Clauses = {}): RecordFilter {
  const ofKind: Condition = { key: "kind", match: { value: kind } };
  const filter: Clauses = { ...clauses, must: [ofKind, ...(clauses.must ?? [])] };
  return filter as RecordFilter;
}

/** No record meets it. */
export const nothing: Condition = { has_id: [] };

export function isOneOf(key: PayloadKey, values: readonly string[]): Condition {
  const [first] = values;
  if (first === undefined) return nothing;
  return values.length === 1 ? { key, match: { value: first } } : { key, match: { any: values } };
}

/** Half of a surrogate pair cannot be sent; hashes take it for the same character as this does. */
export function isOfDocuments(documents: readonly DocumentId[]): Condition {
  return isOneOf(
    "document",
    documents.map((id) => id.toWellFormed()),
  );
}

/** The two numbers of a revision, as a record has them. */
interface RevisionKeys {
  readonly epoch: PayloadKey;
  readonly position: PayloadKey;
}

/** Of what wrote a point last. */
export const written: RevisionKeys = { epoch: "epoch", position: "position" };
/** Of what a point's copies reflect. */
export const copied: RevisionKeys = { epoch: "copyEpoch", position: "copyPosition" };

export function isOlder(keys: RevisionKeys, than: Revision): Condition {
  return compares(keys, than, { lt: than.position });
}

export function isNotNewer(keys: RevisionKeys, than: Revision): Condition {
  return compares(keys, than, { lte: than.position });
}

/** Epochs are compared first. */
function compares(keys: RevisionKeys, { epoch }: Revision, within: Range): Condition {
  const older: Condition = { key: keys.epoch, range: { lt: epoch } };
  const sameEpoch: Condition = { key: keys.epoch, range: { gte: epoch, lte: epoch } };
  return { should: [older, { must: [sameEpoch, { key: keys.position, range: within }] }] };
}
