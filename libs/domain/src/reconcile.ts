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
export function differenceOf(
  listed: ListedDocument | null,
  known: KnownDocument | null,
): Difference | null {
  if (listed && (!known || known.deleted)) return { kind: "missing", key: listed.key };
  if (listed && known && listed.digest !== known.digest) return { kind: "stale", key: listed.key };
  if (!listed && known && !known.deleted) return { kind: "orphaned", key: known.key };
  return null;
}

/** Both in key order. What differs is told when both have been read up to it, and no further. */
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
    const difference = differenceOf(
      order <= 0 && !listing.done ? listing.value : null,
      order >= 0 && !index.done ? index.value : null,
    );
    if (difference) yield difference;
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
