/**
 * A listing in key order from an index that has no such order. One pass over a source's manifests
 * keeps the first so many of them sorted, and the pages of a scan are cut from those: a scan costs
 * a pass, not one a page. What a page tells is as old as its pass.
 */
import { compareKeys, type DocumentId, type GenerationId, type SourceName } from "@tidemark/domain";
import type { ListedManifest } from "../ports/vector-index.ts";

export interface ListingRange {
  readonly after: DocumentId | null;
  readonly limit: number;
}

type ListAll = (
  generation: GenerationId,
  source: SourceName,
) => AsyncIterable<readonly ListedManifest[]>;

interface Spool {
  /** Nothing up to here is in it. */
  readonly after: DocumentId | null;
  /** Sorted. */
  readonly listed: readonly ListedManifest[];
  /** Whether nothing follows the last. */
  readonly isWhole: boolean;
  readonly forgetting: NodeJS.Timeout;
}

const spooledMaxDefault = 100_000;
/** For who asks for no further page. */
const keptMs = 5 * 60_000;

export class ListingSpools {
  readonly #listAll: ListAll;
  readonly #spooledMax: number;
  readonly #spools = new Map<string, Spool>();

  constructor(listAll: ListAll, spooledMax = spooledMaxDefault) {
    this.#listAll = listAll;
    this.#spooledMax = spooledMax;
  }

  /** A first page begins a new pass; a short one is the last, and ends it. */
  async page(
    generation: GenerationId,
    source: SourceName,
    range: ListingRange,
  ): Promise<readonly ListedManifest[]> {
    const name = `${generation}/${source}`;
    const kept = range.after === null ? undefined : this.#spools.get(name);
    const page = kept && pageOf(kept, range);
    const { spool, listed } =
      page && kept
        ? { spool: kept, listed: page }
        : await this.#begin(this.#listAll(generation, source), range);
    this.#forget(name, kept);
    if (listed.length < range.limit) return listed;
    this.#keep(name, spool);
    return listed;
  }

  /** Of this generation, or of all. */
  clear(generation?: GenerationId): void {
    for (const [name, spool] of this.#spools) {
      if (generation === undefined || name.startsWith(`${generation}/`)) this.#forget(name, spool);
    }
  }

  async #begin(
    all: AsyncIterable<readonly ListedManifest[]>,
    range: ListingRange,
  ): Promise<{
    readonly spool: Omit<Spool, "forgetting">;
    readonly listed: readonly ListedManifest[];
  }> {
    const { after, limit } = range;
    const spooledMax = Math.max(this.#spooledMax, limit);
    let listed: ListedManifest[] = [];
    let isWhole = true;
    const cut = () => {
      listed.sort(byKey);
      if (listed.length <= spooledMax) return;
      listed = listed.slice(0, spooledMax);
      isWhole = false;
    };
    for await (const manifests of all) {
      for (const manifest of manifests) {
        if (after === null || compareKeys(manifest.documentId, after) > 0) listed.push(manifest);
      }
      if (listed.length >= 2 * spooledMax) cut();
    }
    cut();
    return { spool: { after, listed, isWhole }, listed: listed.slice(0, limit) };
  }

  #keep(name: string, { after, listed, isWhole }: Omit<Spool, "forgetting">): void {
    this.#forget(name, this.#spools.get(name));
    const forgetting = setTimeout(() => this.#spools.delete(name), keptMs);
    forgetting.unref();
    this.#spools.set(name, { after, listed, isWhole, forgetting });
  }

  #forget(name: string, spool: Spool | undefined): void {
    if (!spool) return;
    clearTimeout(spool.forgetting);
    if (this.#spools.get(name) === spool) this.#spools.delete(name);
  }
}

/** Null when the spool does not reach as far: a page that is short would pass for the last. */
function pageOf(
  { after: from, listed, isWhole }: Spool,
  { after, limit }: ListingRange,
): readonly ListedManifest[] | null {
  const isBefore = from !== null && (after === null || compareKeys(after, from) < 0);
  if (isBefore) return null;
  const begin = after === null ? 0 : firstAfter(listed, after);
  const page = listed.slice(begin, begin + limit);
  return page.length < limit && !isWhole ? null : page;
}

function firstAfter(listed: readonly ListedManifest[], after: DocumentId): number {
  let low = 0;
  let high = listed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = listed[middle];
    if (found && compareKeys(found.documentId, after) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of one source, so that ids compare as their keys do. */
function byKey(a: ListedManifest, b: ListedManifest): number {
  return compareKeys(a.documentId, b.documentId);
}
