/** Two listings in key order → what the events missed. */
export interface ListedDocument {
  readonly key: string;
  readonly digest: string;
}

export interface KnownDocument {
  readonly key: string;
  /** Null when the state that was seen is not comparable, so that it is read again. */
  readonly digest: string | null;
  readonly deleted: boolean;
}

export type Difference =
  | { readonly kind: "missing"; readonly key: string }
  | { readonly kind: "stale"; readonly key: string }
  | { readonly kind: "orphaned"; readonly key: string };

/**
 *   listed   known        digests    outcome
 *   yes      no           -          missing
 *   yes      deleted      -          missing
 *   yes      yes          differ     stale
 *   yes      yes          equal      nothing
 *   no       yes          -          orphaned
 *   no       deleted      -          nothing
 */
export async function* reconcile(
  listed: AsyncIterable<ListedDocument>,
  known: AsyncIterable<KnownDocument>,
): AsyncGenerator<Difference> {
  const left = listed[Symbol.asyncIterator]();
  const right = known[Symbol.asyncIterator]();
  let listing = await left.next();
  let index = await right.next();
  while (!listing.done || !index.done) {
    const order = listing.done
      ? 1
      : index.done
        ? -1
        : compareKeys(listing.value.key, index.value.key);
    if (order < 0 && !listing.done) {
      yield { kind: "missing", key: listing.value.key };
    } else if (order > 0 && !index.done) {
      if (!index.value.deleted) yield { kind: "orphaned", key: index.value.key };
    } else if (!listing.done && !index.done) {
      const { deleted, digest } = index.value;
      if (deleted) yield { kind: "missing", key: listing.value.key };
      else if (digest !== listing.value.digest) yield { kind: "stale", key: listing.value.key };
    }
    if (order <= 0) listing = await left.next();
    if (order >= 0) index = await right.next();
  }
}

const aboveSurrogates = /[\ud800-\uffff]/;

/** By UTF-8 bytes, as SQLite, S3 and every listing that is ordered at all order them. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 is ordered as UTF-8 is, but for what lies above the surrogates and what they stand for.
  const isAlike = !aboveSurrogates.test(a) && !aboveSurrogates.test(b);
  if (isAlike) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
