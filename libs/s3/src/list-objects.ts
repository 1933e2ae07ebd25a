/**
 * Every document of a bucket with the digest of its state, in key order. A listing that is
 * interrupted goes on after the last key; one that is not whole ends in `TransientError`.
 */
import { compareKeys, type ListedDocument } from "@tidemark/domain";
import {
  backoffMs,
  mapBounded,
  TransientError,
  type Chance,
  type Clock,
  type PipelineLogger,
} from "@tidemark/pipeline";
import { noTags, type Bucket, type ListedObject, type ListedPage } from "./bucket.ts";
import type { KeyFilter } from "./key-filter.ts";
import { unreadableDigest } from "./object-digest.ts";
import { usedTags, type UsedTags } from "./object-policy.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface Listing {
  readonly bucket: Bucket;
  readonly filter: KeyFilter;
  readonly tagNames: readonly string[];
  readonly digestOf: (facts: ListedObject, tags: UsedTags) => string;
  readonly rate: RateLimit;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly signal?: AbortSignal | undefined;
}

const pageAttemptsMax = 5;
const tagsAtOnceMax = 16;
/** So many objects are looked at together before the first of them is told. */
const objectsTogetherMax = 64;

export async function* listObjects(listing: Listing): AsyncGenerator<ListedDocument> {
  let after: string | null = null;
  while (true) {
    const page: ListedPage = await nextPage(listing, after);
    refuseDisorder(page, after);
    after = page.objects.at(-1)?.key ?? after;
    const documents = page.objects.filter(({ key }) => listing.filter(key));
    for (let at = 0; at < documents.length; at += objectsTogetherMax) {
      listing.signal?.throwIfAborted();
      const some = documents.slice(at, at + objectsTogetherMax);
      const digested = await mapBounded(some, tagsAtOnceMax, (each) =>
        listedDocument(listing, each),
      );
      for (const document of digested) if (document) yield document;
    }
    if (page.isLast) return;
  }
}

/** From where the listing broke off, some times in a row. */
async function nextPage(listing: Listing, after: string | null): Promise<ListedPage> {
  const { bucket, signal } = listing;
  return insist(listing, "a page of the listing", () => bucket.page(after, signal));
}

/** Null when the object is not there after all. */
async function listedDocument(
  listing: Listing,
  object: ListedObject,
): Promise<ListedDocument | null> {
  const { bucket, digestOf, tagNames } = listing;
  const { key } = object;
  if (tagNames.length === 0) return { key, digest: digestOf(object, []) };
  const answer = await insist(listing, "the tags of an object", () => bucket.tags(key));
  switch (answer.kind) {
    case "found":
      return { key, digest: digestOf(object, usedTags(tagNames, answer.found.tags)) };
    case "archived":
      return { key, digest: digestOf(object, usedTags(tagNames, noTags.tags)) };
    case "absent":
      return null;
    case "blocked":
    case "changed":
      return { key, digest: unreadableDigest };
  }
}

async function insist<T>(
  { chance, clock, logger, rate, signal }: Listing,
  what: string,
  ask: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    await rate.turn(signal);
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof TransientError) || failures >= pageAttemptsMax) throw error;
      logger.debug({ what, failures, problem: error.message }, "the listing is interrupted");
      const pauseMs = Math.max(error.retryAfterMs ?? 0, backoffMs(failures, chance()));
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** Two listings are compared in one order: another would look like deletions. */
function refuseDisorder({ isLast, objects }: ListedPage, after: string | null): void {
  let last = after;
  for (const { key } of objects) {
    if (last !== null && compareKeys(last, key) >= 0) {
      throw new TransientError("the bucket cannot be listed: its keys come in another order");
    }
    last = key;
  }
  if (!isLast && objects.length === 0) {
    throw new TransientError("the bucket cannot be listed: its listing does not go on");
  }
}
